"""Polls against the demo's registry: what is fetched, told and remembered when all goes well."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from tests.factories import study
from tests.trials.following import Follower, status_of, told
from trials import flight, freshness, polling
from trials.flight import SyncBusy, single_flight
from trials.models import StagedStudy, SyncRun, Trial

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = "NCT99000003"


def terminate(raw: dict[str, Any]) -> None:
    raw["protocolSection"]["statusModule"]["overallStatus"] = "TERMINATED"
    raw["protocolSection"]["statusModule"]["whyStopped"] = "No funds"


def retitle(raw: dict[str, Any]) -> None:
    raw["protocolSection"]["identificationModule"]["briefTitle"] = "Another Title Altogether for This Study"


def test_the_first_poll_imports_everything_silently(follower: Follower) -> None:
    run = follower.run()
    assert (run.kind, run.state, run.is_baseline) == (SyncRun.Kind.FULL, SyncRun.State.PUBLISHED, True)
    assert run.new == Trial.objects.count() == len(follower.sample.world.studies)
    assert run.data_timestamp == follower.sample.data_timestamp
    assert told() == []


def test_nothing_is_fetched_while_the_registry_has_not_moved(follower: Follower) -> None:
    first = follower.run()
    asked = len(follower.sample.requests)
    assert follower.poll() is None
    assert [request.path.rsplit("/", 1)[1] for request in follower.sample.requests[asked:]] == ["version"]
    first.refresh_from_db()
    assert first.checked_at == follower.now == freshness.as_of().checked_at


def test_a_change_is_fetched_and_told_once(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    run = follower.run()
    assert (run.kind, run.changed, run.new, run.failed) == (SyncRun.Kind.INCREMENTAL, 1, 0, 0)
    news = told()
    assert {(nct_id, version) for nct_id, version, _ in news} == {(FIRST, 2)}
    follower.next_day()
    assert follower.run().changed == 0, "the overlap brings the same study again"
    assert told() == news


def test_the_overlap_catches_what_became_visible_late(follower: Follower) -> None:
    follower.run()
    day = follower.sample.today
    for _ in range(5):
        follower.next_day()
        follower.run()
    follower.sample.edit(FIRST, terminate, quietly=True)
    follower.sample.edit(FIRST, lambda raw: date_back(raw, day), quietly=True)
    assert follower.run().changed == 1
    assert status_of(FIRST) == "TERMINATED"


def date_back(raw: dict[str, Any], day: Any) -> None:
    raw["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {"date": day.isoformat(), "type": "ACTUAL"}


def test_a_new_study_is_news_for_those_who_follow_its_conditions(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    posted = {"date": follower.sample.today.isoformat(), "type": "ACTUAL"}
    follower.sample.add(study("NCT97000001", statusModule={"studyFirstPostDateStruct": posted}))
    old = {"date": "2019-01-01", "type": "ACTUAL"}
    follower.sample.add(study("NCT97000002", statusModule={"studyFirstPostDateStruct": old}))
    assert follower.run().new == 2
    assert told() == [("NCT97000001", 1, "listed")], "an old study that we see late is no news"


def test_a_change_and_back_within_runs_is_two_updates(follower: Follower) -> None:
    follower.run()
    before = status_of(FIRST)
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, lambda raw: open_again(raw, before))
    follower.run()
    trial = Trial.objects.get(nct_id=FIRST)
    assert (trial.status, trial.version) == (before, 3)
    assert sorted(trial.versions.values_list("version", flat=True)) == [1, 2]


def open_again(raw: dict[str, Any], status: str) -> None:
    raw["protocolSection"]["statusModule"]["overallStatus"] = status
    del raw["protocolSection"]["statusModule"]["whyStopped"]


def test_an_older_day_by_hand_leaves_no_gap_for_the_next_poll(follower: Follower) -> None:
    """--since a late day fetches what it says; the next poll still starts where the last one ended."""
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    for _ in range(10):
        follower.next_day()
    run = polling.sync_since(follower.sample.today, baseline=False, now=follower.later())
    assert (run.kind, run.seen) == (SyncRun.Kind.SINCE, 0)
    assert follower.run().changed == 1


def test_named_studies_are_fetched_and_nothing_else(follower: Follower) -> None:
    follower.run()
    follower.sample.edit(FIRST, terminate)
    follower.sample.edit("NCT99000004", terminate)
    run = polling.sync_ids([FIRST], baseline=False, now=follower.later())
    assert (run.seen, run.changed) == (1, 1)
    assert status_of("NCT99000004") != "TERMINATED"


def test_a_full_sync_later_finds_quiet_changes_and_tells_them(follower: Follower) -> None:
    follower.run()
    follower.sample.edit(FIRST, terminate, quietly=True)
    run = polling.sync_full(baseline=False, now=follower.later())
    assert (run.is_baseline, run.changed, run.seen) == (False, 1, len(follower.sample.world.studies))
    assert told()


def test_a_silent_poll_by_hand_tells_nobody(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    run = polling.poll(now=follower.later(), baseline=True)
    assert run is not None
    assert (run.is_baseline, status_of(FIRST), told()) == (True, "TERMINATED", [])
    assert Trial.objects.get(nct_id=FIRST).version == 1


def test_a_second_sync_leaves_at_once(follower: Follower) -> None:
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [flight._LOCK])
        with pytest.raises(SyncBusy):
            follower.poll()
        assert follower.sample.requests == []
    finally:
        other.close()
    assert follower.poll() is not None


def test_a_dead_run_is_cleared_up_by_the_next(follower: Follower) -> None:
    follower.run()
    dead = SyncRun.objects.create(kind=SyncRun.Kind.INCREMENTAL, started_at=follower.now)
    StagedStudy.objects.create(run=dead, nct_id=FIRST, packed=b"")
    with single_flight():
        dead.refresh_from_db()
    assert (dead.state, dead.error) == (SyncRun.State.FAILED, "Its process died.")
    assert not StagedStudy.objects.exists()


@pytest.mark.parametrize("days", [365, -365])
def test_post_dates_of_another_year_bring_no_gap_and_no_repeat(follower: Follower, days: int) -> None:
    follower.run()
    follower.sample.misbehave("future_dates", days=days, ids=[FIRST])
    follower.run()
    follower.take_inventory()
    follower.next_day()
    follower.run()
    assert told() == []
    follower.sample.edit(FIRST, terminate)
    follower.run()
    follower.take_inventory()
    assert [kind for nct_id, _, kind in told() if nct_id == FIRST].count("status_terminated") == 1
    assert len({version for _, version, _ in told()}) == 1


@pytest.mark.parametrize("ahead", [timedelta(days=400), timedelta(days=-400)])
def test_a_registry_clock_that_jumps_and_comes_back_leaves_no_gap(follower: Follower, ahead: timedelta) -> None:
    follower.run()
    right = follower.sample.world.data_timestamp
    follower.sample.world.data_timestamp = right + ahead
    follower.run()
    follower.sample.world.data_timestamp = right + timedelta(days=1)
    follower.later(24)
    follower.sample.edit(FIRST, terminate)
    assert follower.run().changed == 1
    assert {nct_id for nct_id, _, _ in told()} == {FIRST}


def test_our_own_clock_being_a_day_off_changes_nothing(follower: Follower) -> None:
    follower.hours = 24
    follower.run()
    follower.hours = -24
    follower.next_day()
    follower.sample.edit(FIRST, retitle)
    follower.sample.edit("NCT99000004", terminate)
    assert follower.run().changed == 2
