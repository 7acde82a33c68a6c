"""kill -9 at any point of a sync, then run again: the same database as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections, models

from config.sample_registry import SampleRegistry
from tests.factories import study
from tests.trials.test_polling import retitle, terminate
from trials.models import Condition, StagedStudy, SyncRun
from trials.models.search import Region, SitePoint, TrialSearch
from trials.search.terms import Kind

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PAGE = 200
COUNT = 620
CLOCKS = {"first_seen_at", "last_changed_at", "detected_at", "replaced_at", "gone_at", "noticed_at",
          "first_failed_at", "retry_at"}  # fmt: skip


def studies() -> list[dict[str, Any]]:
    terms = ["Fatigue", "Gout", "Asthma", "Migraine"]
    return [study(f"NCT98{n:06d}", conditionsModule={"conditions": [terms[n % 4], f"Rare Thing {n % 50}"]})
            for n in range(COUNT)]  # fmt: skip


def change_a_day(sample: SampleRegistry) -> None:
    for number in range(0, 40, 2):
        sample.edit(f"NCT98{number:06d}", terminate)
        sample.edit(f"NCT98{number + 1:06d}", retitle)
    sample.add(study("NCT97000001"))


def child(sample: SampleRegistry, *args: str) -> "subprocess.Popen[bytes]":
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = parts._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {**os.environ, "DATABASE_URL": url, "REGISTRY_URL": sample.url}
    return subprocess.Popen([sys.executable, "manage.py", "sync_trials", *args], cwd=ROOT, env=env,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def to_its_end(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()[-3000:]
    summary: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return summary


def kill_when(process: "subprocess.Popen[bytes]", is_time: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_time():
        assert process.poll() is None, (process.stderr and process.stderr.read().decode()[-3000:]) or "it had ended"
        assert time.monotonic() < until, "the moment to kill never came"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@contextmanager
def stopped_at(table: str) -> Iterator[Callable[[], bool]]:
    """Holds the table, so that the child stands still where it writes to it; yields whether it does."""
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield lambda: _someone_waits(table)
        other.rollback()
    finally:
        other.close()
    wait_for_the_server()


def wait_for_the_server() -> None:
    """It notices the dead client, and lets go of its locks."""
    until = time.monotonic() + 30
    while _others():
        assert time.monotonic() < until
        time.sleep(0.01)


def _someone_waits(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table])
        return bool(cursor.fetchone()[0])


def _others() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()")
        return int(cursor.fetchone()[0])


def dump() -> dict[str, list[str]]:
    """Every table of the app but the ledger, sorted, without surrogate keys and clock columns."""
    tables = [model for model in apps.get_app_config("trials").get_models() if model is not SyncRun]
    _named.cache_clear()
    return {model._meta.label: sorted(_row(row) for row in model._base_manager.all()) for model in tables}


def _row(row: models.Model) -> str:
    values = {}
    for field in row._meta.concrete_fields:
        if field.name in CLOCKS or isinstance(field, models.AutoField):
            continue
        if field.is_relation:
            target = getattr(row, field.name)
            values[field.name] = getattr(target, "nct_id", getattr(target, "slug", getattr(target, "kind", None)))
        elif isinstance(row, TrialSearch) and field.name in ("terms", "regions"):
            values[field.name] = _without_keys(row, field.name)
        else:
            value = getattr(row, field.attname)
            values[field.name] = bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
    return json.dumps(values, sort_keys=True, default=str)


def _without_keys(row: TrialSearch, name: str) -> list[str]:
    """A search row's numbers stand for conditions, regions and points by their keys: here by what these are."""
    if name == "regions":
        return sorted(Region.objects.filter(pk__in=row.regions).values_list("slug", flat=True))
    models_of = {Kind.CONDITION: Condition, Kind.REGION: Region, Kind.OPEN_POINT: SitePoint,
                 Kind.CLOSED_POINT: SitePoint}  # fmt: skip
    out = []
    for term in row.terms:
        kind, number = (-1 - term) >> 27, (-1 - term) & (2**27 - 1)
        model = models_of.get(Kind(kind)) if term < 0 else None
        out.append(f"{kind} {_named(model, number)}" if model else str(term))
    return sorted(out)


@cache
def _named(model: type[models.Model], number: int) -> str:
    return str(model._base_manager.get(pk=number))


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What the two days leave behind when nobody interferes; filled by the first test that needs it."""
    return {}


@pytest.fixture
def wanted(undisturbed: dict[str, Any]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    if not undisturbed:
        with SampleRegistry(studies()) as sample:
            to_its_end(child(sample))
            undisturbed["first"] = dump()
            change_a_day(sample)
            to_its_end(child(sample))
            undisturbed["second"] = dump()
        call_command("flush", interactive=False, verbosity=0)
    return undisturbed["first"], undisturbed["second"]


@pytest.fixture
def sample() -> Iterator[SampleRegistry]:
    with SampleRegistry(studies()) as running:
        yield running


def pages_asked(sample: SampleRegistry) -> list[str]:
    return [asked.params.get("pageToken", "") for asked in sample.requests if asked.path.endswith("/studies")]


@pytest.mark.parametrize("pages", [1, 2, 4])
def test_a_first_import_that_is_killed_goes_on_where_it_was(
    wanted: tuple[dict[str, list[str]], dict[str, list[str]]], sample: SampleRegistry, pages: int
) -> None:
    kill_when(child(sample), lambda: len(pages_asked(sample)) >= pages)
    wait_for_the_server()
    dead = SyncRun.objects.get()
    asked = len(sample.requests)
    summary = to_its_end(child(sample))
    first_page = next(r for r in sample.requests[asked:] if r.path.endswith("/studies"))
    assert first_page.params.get("pageToken", "") == dead.cursor, "stored pages are not fetched again"
    assert (summary["run"] == dead.pk) == bool(dead.cursor)
    assert dump() == wanted[0]


@pytest.mark.parametrize("table", ["trials_trial", "trials_location", "trials_trialcondition", "trials_condition"])
def test_a_first_import_that_is_killed_while_it_writes_leaves_no_half_batch(
    wanted: tuple[dict[str, list[str]], dict[str, list[str]]], sample: SampleRegistry, table: str
) -> None:
    with stopped_at(table) as it_waits:
        kill_when(child(sample), it_waits)
    to_its_end(child(sample))
    assert dump() == wanted[0]


def test_a_first_import_begins_again_when_the_data_moved_meanwhile(sample: SampleRegistry) -> None:
    kill_when(child(sample), lambda: len(pages_asked(sample)) >= 3)
    wait_for_the_server()
    sample.publish()
    asked = len(sample.requests)
    to_its_end(child(sample))
    first_page = next(r for r in sample.requests[asked:] if r.path.endswith("/studies"))
    assert "pageToken" not in first_page.params
    assert len(dump()["trials.Trial"]) == COUNT


@pytest.mark.parametrize(
    "table", ["trials_stagedstudy", "trials_trialversion", "trials_trialdocument", "trials_trialchange"]
)
def test_a_poll_that_is_killed_while_it_stages_or_publishes_is_as_if_it_had_never_begun(
    wanted: tuple[dict[str, list[str]], dict[str, list[str]]], sample: SampleRegistry, table: str
) -> None:
    to_its_end(child(sample))
    change_a_day(sample)
    with stopped_at(table) as it_waits:
        kill_when(child(sample), it_waits)
    assert {**dump(), "trials.StagedStudy": []} == wanted[0], "nothing of it is to be seen"
    summary = to_its_end(child(sample))
    assert (summary["changed"], summary["new"]) == (40, 1)
    assert dump() == wanted[1]
    assert not StagedStudy.objects.exists()


def test_a_file_import_that_is_killed_is_repeated_to_the_same_end(sample: SampleRegistry, tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(json.dumps(raw) for raw in studies()))
    to_its_end(child(sample, "--file", str(path)))
    whole = dump()
    call_command("flush", interactive=False, verbosity=0)
    with stopped_at("trials_trialcondition") as it_waits:
        kill_when(child(sample, "--file", str(path)), it_waits)
    to_its_end(child(sample, "--file", str(path)))
    assert dump() == whole
