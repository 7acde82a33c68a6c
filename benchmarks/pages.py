"""Requests a second of the pages that readers come for, beside a bare Django view that returns the same bytes."""

import itertools
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any, TextIO

import msgspec
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from benchmarks import load, visits
from benchmarks.studies import make_studies
from benchmarks.table import show
from config.processes import free_port
from trials import polling
from trials.directory import filling
from trials.models import Condition, Trial

SECONDS, ROUNDS = 12.0, 8
"""Of each kind of page in all, in so many turns: a machine that is busy for a while is so for the floor as well, and
what it does in one turn decides nothing, as a figure is the middle one of its turns."""
WORKERS = 2
MIXED_PER_SECOND = 100
KEPT = 20
"""Pages that the site is asked for again and again."""


def run(options: dict[str, Any], out: TextIO) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="plaintrials-pages-") as name:
        folder = Path(name)
        call_command("collectstatic", interactive=False, verbosity=0)
        _store(options["studies"], folder)
        with _served("config.wsgi", folder) as port:
            if options["load"]:
                return visits.run(options, out, port)
            asked = _asked()
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}{asked['trial'][-1]}").read()
            (folder / "body").write_bytes(page)
            with _served("benchmarks.bare", folder) as bare_port:
                measured = _in_turns(port, bare_port, asked)
            turns = zip(asked["trial"][::-1], _around(asked["list"][:500]), strict=False)
            mixed = [path for pair in turns for path in pair]
            calm = load.steady(port, mixed, per_second=MIXED_PER_SECOND, seconds=SECONDS * 2)
    for outcome in (*itertools.chain(*measured.values()), calm):
        assert set(outcome.statuses) <= {200, 304}, outcome.statuses
    return _shown(options["studies"], len(page), measured, calm, out)


def _asked() -> dict[str, list[str]]:
    """Paths of each kind. All are different, so that no page comes from those kept, but for `repeat` and `home`."""
    nct_ids = Trial.objects.order_by("?").values_list("nct_id", flat=True)[:20_000]
    trials = [f"/trials/{nct_id}/" for nct_id in nct_ids]
    shown = Condition.objects.shown().filter(trial_count__gt=2).order_by("?")
    slugs = shown.values_list("slug", flat=True)[:4_000]
    words = [slug.replace("-", "+") for slug in slugs]
    return {
        "trial": trials[KEPT:],
        "repeat": trials[:KEPT],
        "list": [f"/trials/?q={q}&sort={sort}" for sort in ("relevance", "new", "updated") for q in words],
        "condition": [f"/conditions/{slug}/" for slug in slugs],
        "home": ["/"],
    }


def _in_turns(port: int, bare_port: int, asked: dict[str, list[str]]) -> dict[str, list[load.Outcome]]:
    measured: dict[str, list[load.Outcome]] = {name: [] for name in (*asked, "bare")}
    load.rate(bare_port, ["/"], seconds=1)
    for paths in asked.values():
        load.rate(port, paths[-KEPT:], seconds=0.5)
    for turn in range(ROUNDS):
        for name, paths in asked.items():
            share = paths[turn * len(paths) // ROUNDS :] if len(paths) > KEPT else paths
            measured[name].append(load.rate(port, share, seconds=SECONDS / ROUNDS))
        measured["bare"].append(load.rate(bare_port, ["/"], seconds=SECONDS / ROUNDS))
    return measured


_LABELS = {"trial": "trial, never seen before", "repeat": "trial, seen before", "list": "search, never asked before",
           "condition": "condition, never seen before"}  # fmt: skip


def _shown(
    studies: int, size: int, measured: dict[str, list[load.Outcome]], calm: load.Outcome, out: TextIO
) -> dict[str, Any]:
    rates = {name: [turn.per_second for turn in turns] for name, turns in measured.items()}
    bare = rates.pop("bare")
    ratios = {name: median(map(truediv, turns, bare)) for name, turns in rates.items()}
    p95 = calm.percentile(95) * 1000
    show(out, f"pages, {studies:,} studies, {WORKERS} workers, a page of {size:,} bytes", [
        ("bare Django view", f"{median(bare):,.0f} a second", "floor"),
        *((_LABELS.get(name, name), f"{median(turns):,.0f} a second", f"{ratios[name]:.2f} of the floor")
          for name, turns in rates.items()),
        (f"mixed, {MIXED_PER_SECOND} a second", f"p95 {p95:.0f} ms", f"median {calm.percentile(50) * 1000:.0f} ms"),
    ])  # fmt: skip
    return {**{f"{name}_ratio": round(ratio, 3) for name, ratio in ratios.items()}, "p95_ms": round(p95, 1)}


def _around(paths: list[str]) -> Iterator[str]:
    while True:
        yield from paths


def _store(count: int, folder: Path) -> None:
    if Trial.objects.count() >= count:
        return
    path = folder / "studies.jsonl"
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for study in make_studies(count):
            file.write(encode(study) + b"\n")
    polling.sync_file(path, baseline=True, now=timezone.now())
    path.unlink()
    while filling.refresh():
        pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # else it comes by itself, in the middle of something measured


@contextmanager
def _served(module: str, folder: Path) -> Iterator[int]:
    """gunicorn with the workers of a small server, as the site is run."""
    port = free_port()
    env = {**os.environ, "BARE_BODY": str(folder / "body"), "PLAINTRIALS_BENCH": "1"}
    if module == "benchmarks.bare":
        env["DJANGO_SETTINGS_MODULE"] = module
    command = [sys.executable, "-m", "gunicorn", module, "-b", f"127.0.0.1:{port}", "-w", str(WORKERS),
               "-k", "gthread", "--threads", "4", "--keep-alive", "30", "--graceful-timeout", "2",
               "--log-level", "error"]  # fmt: skip
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2).read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")
