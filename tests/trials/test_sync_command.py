"""`sync_trials`, `release_sync` and `discard_sync` by hand: what they say, the last line of stdout, the exit code."""

import json
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from tests.factories import SyncRunFactory
from tests.trials.following import Follower
from tests.trials.test_polling import FIRST
from trials import flight, patience
from trials.models import SyncRun

pytestmark = pytest.mark.django_db(transaction=True)
ABSENT = "NCT99999999"


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return line


def held_by_another(seconds: float) -> threading.Thread:
    """Another connection that has the lock of all syncs for so long; has it when this returns."""
    has_it = threading.Event()

    def hold() -> None:
        with flight.single_flight():
            has_it.set()
            threading.Event().wait(seconds)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert has_it.wait(5)
    return thread


def test_a_command_waits_for_the_sync_that_is_at_work_and_says_so(
    follower: Follower, capsys: pytest.CaptureFixture[str]
) -> None:
    other = held_by_another(1.0)
    call_command("sync_trials", "--ids", FIRST)
    other.join()
    out = capsys.readouterr()
    assert json.loads(out.out.splitlines()[-1])["new"] == 1
    assert out.err.count("waits for it, up to 60 seconds") == 1


@pytest.mark.parametrize("command", ["release_sync", "discard_sync"])
def test_a_decision_waits_for_the_sync_that_is_at_work(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = SyncRunFactory(state=SyncRun.State.HELD, held_because="x", finished_at=None)
    other = held_by_another(0.5)
    call_command(command, str(run.pk))
    other.join()
    assert last_line(capsys)["state"] in ("published", "discarded")


def test_a_command_gives_up_in_the_end_with_the_json_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(patience, "LONGEST", 0.2)
    other = held_by_another(2.0)
    with pytest.raises(CommandError, match="another sync is at work"):
        call_command("sync_trials", "--ids", FIRST)
    other.join()
    assert last_line(capsys)["run"] is None


def test_ids_that_the_registry_does_not_have_are_named_and_the_exit_code_tells(
    follower: Follower, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match=f"The registry does not have: {ABSENT}\\."):
        call_command("sync_trials", "--ids", ABSENT, f"{FIRST},nct99000004")
    line = last_line(capsys)
    assert (line["seen"], line["new"], line["failed"]) == (2, 2, 0)
    assert sorted(line) == sorted(["run", "seen", "new", "changed", "unchanged", "failed", "gone", "held", "seconds"])


def test_an_id_that_was_merged_into_another_is_found(follower: Follower, capsys: pytest.CaptureFixture[str]) -> None:
    def take_over(study: dict[str, Any]) -> None:
        study["protocolSection"]["identificationModule"]["nctIdAliases"] = [ABSENT]

    follower.sample.edit(FIRST, take_over)
    call_command("sync_trials", "--ids", FIRST)
    assert last_line(capsys)["seen"] == 1
    follower.sample.world.merged[ABSENT] = FIRST
    call_command("sync_trials", "--ids", ABSENT)
    assert last_line(capsys)["seen"] == 1


@pytest.mark.parametrize(("words", "sentence"), [(["BAD"], "Not an NCT ID: BAD"), ([","], "--ids names no study")])
def test_what_is_no_nct_id_is_refused_before_any_run_and_with_the_json_line(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("sync_trials", "--ids", *words)
    assert last_line(capsys)["run"] is None
    assert not SyncRun.objects.exists()


def test_a_day_that_is_none_is_refused_in_plain_words() -> None:
    with pytest.raises(CommandError, match="'garbage' is no day; write it like 2026-06-27"):
        call_command("sync_trials", "--since", "garbage")


def test_a_registry_that_wants_to_be_left_alone_is_left_alone_with_the_json_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    SyncRunFactory(state=SyncRun.State.FAILED, retry_at=timezone.now() + timezone.timedelta(hours=1))
    with pytest.raises(CommandError, match="left alone until"):
        call_command("sync_trials")
    assert last_line(capsys)["run"] is None


def test_a_study_that_nests_too_deeply_does_not_take_its_page_with_it(
    follower: Follower, capsys: pytest.CaptureFixture[str]
) -> None:
    deep: Any = []
    for _ in range(120):
        deep = [deep]
    follower.sample.edit(FIRST, lambda study: study.update(more=deep))
    call_command("sync_trials", "--ids", FIRST, "NCT99000004")
    assert last_line(capsys)["new"] == 2


@pytest.mark.parametrize(("decision", "word"), [("release_sync", "released"), ("discard_sync", "discarded")])
def test_the_log_says_what_was_done_in_good_english(
    decision: str, word: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    run = SyncRunFactory(state=SyncRun.State.HELD, held_because="x", finished_at=None)
    with caplog.at_level("INFO"):
        call_command(decision, str(run.pk))
    assert f"Run {run.pk} was {word} by the command line" in caplog.text
