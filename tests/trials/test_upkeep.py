"""Freshness and its alarm, the replay, and the tasks that the schedule runs."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.celery import app
from tests.factories import study
from tests.trials.following import Follower, told
from tests.trials.test_polling import FIRST, terminate
from trials import freshness, polling, records, replay, tasks
from trials.freshness import ALARM_AFTER
from trials.models import Location, SyncRun, Trial, TrialChange, TrialCondition, TrialVersion

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_task_of_the_schedule_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_as_of_tells_our_time_of_the_look_and_the_registrys_time_of_the_data(follower: Follower) -> None:
    assert freshness.as_of() == freshness.Freshness(None)
    follower.run()
    shown = freshness.as_of()
    assert (shown.checked_at, shown.data_timestamp) == (follower.now, follower.sample.data_timestamp)
    assert shown.data_day is not None
    follower.poll()
    assert freshness.as_of().checked_at == follower.now


def test_a_failed_or_held_look_does_not_make_the_data_fresher(follower: Follower) -> None:
    follower.run()
    seen = freshness.as_of()
    follower.sample.publish()
    follower.sample.misbehave("server_error_500")
    follower.run()
    assert freshness.as_of() == seen


@pytest.mark.parametrize("late, is_alarmed", [(timedelta(0), False), (timedelta(minutes=1), True)])
def test_the_alarm_is_raised_past_26_hours(follower: Follower, late: timedelta, is_alarmed: bool) -> None:
    follower.run()
    sentence = freshness.alarm(now=follower.now + ALARM_AFTER + late)
    assert bool(sentence) == is_alarmed
    assert freshness.as_of().is_stale(follower.now + ALARM_AFTER + late) == is_alarmed


def test_the_alarm_says_why(follower: Follower) -> None:
    follower.run()
    follower.sample.misbehave("server_error_500")
    follower.run()
    assert "RegistryBusy" in freshness.alarm(now=follower.later(30))


def test_a_site_that_never_had_a_good_look_is_alarmed_too(follower: Follower) -> None:
    assert freshness.alarm(now=follower.now) == ""
    follower.sample.misbehave("server_error_500")
    follower.run()
    assert freshness.alarm(now=follower.later(27))


def test_the_alarm_is_a_line_in_the_log(follower: Follower, caplog: pytest.LogCaptureFixture) -> None:
    follower.run()
    SyncRun.objects.update(started_at=follower.now - timedelta(days=400), confirmed_at=None)
    tasks.check_freshness()
    assert "ALARM: No good look at the registry for" in caplog.text


def test_a_task_that_finds_the_registry_closed_or_busy_leaves_quietly(follower: Follower) -> None:
    SyncRun.objects.create(kind="incremental", state="failed", started_at=follower.now, finished_at=follower.now,
                           retry_at=follower.now + timedelta(days=4000))  # fmt: skip
    for task in (tasks.poll, tasks.take_inventory, tasks.refetch):
        task()
    assert follower.sample.requests == []


# --- replay


def stored(tmp_path: Path, follower: Follower, count: int = 1200) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(json.dumps(study(f"NCT98{n:06d}")) for n in range(count)))
    polling.sync_file(path, baseline=True, now=follower.now)


def test_a_replay_mends_what_an_older_parser_left_wrong_and_tells_nobody(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    follower.run()
    news, right = told(), list(Location.objects.order_by("trial", "position").values_list("facility", "city"))
    versions = list(TrialVersion.objects.values_list("trial", "version"))
    chips = TrialCondition.objects.count()
    Trial.objects.update(brief_title="wrong", countries=[], hash_version=records.HASH_VERSION + 1)
    Location.objects.update(city="wrong")
    TrialCondition.objects.filter(trial__nct_id=FIRST).delete()
    run = replay.replay(now=follower.later(), progress=lambda run, total: None)
    assert (run.state, run.seen, run.events) == (SyncRun.State.PUBLISHED, Trial.objects.count(), 0)
    assert not Trial.objects.filter(brief_title="wrong").exists()
    assert not Trial.objects.exclude(hash_version=records.HASH_VERSION).exists()
    assert list(Location.objects.order_by("trial", "position").values_list("facility", "city")) == right
    assert TrialCondition.objects.count() == chips
    assert told() == news
    assert list(TrialVersion.objects.values_list("trial", "version")) == versions
    assert Trial.objects.get(nct_id=FIRST).version == 2


def test_a_stopped_replay_goes_on_where_it_was(follower: Follower, tmp_path: Path) -> None:
    stored(tmp_path, follower)
    Trial.objects.update(brief_title="wrong")

    def stop(run: SyncRun, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay.replay(now=follower.now, progress=stop)
    assert Trial.objects.filter(brief_title="wrong").count() == 700
    seen: list[int] = []
    run = replay.replay(now=follower.later(), progress=lambda run, total: seen.append(run.seen))
    assert (run.state, seen) == (SyncRun.State.PUBLISHED, [1000, 1200])
    assert not Trial.objects.filter(brief_title="wrong").exists()


def test_a_stopped_replay_begins_again_under_another_parser(
    follower: Follower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path, follower, 20)
    SyncRun.objects.create(kind="replay", state="failed", is_baseline=True, started_at=follower.now,
                           finished_at=follower.now, cursor="another:999999999")  # fmt: skip
    run = replay.replay(now=follower.later(), progress=lambda run, total: None)
    assert run.seen == 20


def test_a_replay_does_not_count_as_a_look_at_the_registry(follower: Follower) -> None:
    first = follower.run()
    call_command("sync_trials", "--replay")
    assert SyncRun.objects.last_good_poll() == first
    assert not TrialChange.objects.exists()


def test_a_replay_asks_the_registry_nothing(follower: Follower) -> None:
    follower.run()
    asked = len(follower.sample.requests)
    call_command("sync_trials", "--replay")
    assert len(follower.sample.requests) == asked


def test_release_and_discard_say_what_is_wrong(follower: Follower) -> None:
    run = follower.run()
    for command in ("release_sync", "discard_sync"):
        with pytest.raises(CommandError, match="There is no run 999"):
            call_command(command, "999")
        with pytest.raises(CommandError, match="not held"):
            call_command(command, str(run.pk))


def test_what_the_registry_dropped_is_gone_after_two_releases_of_data_without_it(follower: Follower) -> None:
    tasks.poll()
    follower.sample.remove("NCT99000002")
    for _ in range(2):
        assert not Trial.objects.exclude(gone_at=None).exists()
        follower.sample.publish()
        tasks.poll()
    assert Trial.objects.get(nct_id="NCT99000002").gone_at is not None
