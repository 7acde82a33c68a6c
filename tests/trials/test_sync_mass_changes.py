"""F15 to F17: the data itself is reformatted, drifts or changes in masses."""

import re
from typing import Any

import pytest

from tests.trials.following import Follower, status_of, told
from tests.trials.test_polling import FIRST, retitle, terminate
from trials import polling
from trials.models import SyncRun, Trial, TrialChange, TrialVersion
from trials.tolerant import as_date

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, Any]:
    """All that a reader could see of the trials."""
    return {row.nct_id: (row.version, row.status, row.gone_at, row.document.study) for row in
            Trial.objects.select_related("document")}  # fmt: skip


@pytest.mark.parametrize("text, read", [
    ("2026", "2026"), ("2026-07", "2026-07"), ("2026-07-01", "2026-07-01"), ("July 1, 2026", "2026-07-01"),
    ("July 2026", "2026-07"), ("Jul. 2026", "2026-07"), ("1 July 2026", "2026-07-01"), ("01-JUL-2026", "2026-07-01"),
    ("2026/7/1", "2026-07-01"), ("20260701", "2026-07-01"), ("2026-07-01T00:00:00Z", "2026-07-01"),
    ("July 45, 2026", ""), ("Juice 1, 2026", ""), ("2026-13", ""), ("soon", ""), ("", ""), ("7/1/2026", ""),
])  # fmt: skip
def test_a_day_is_the_same_day_however_it_is_written(text: str, read: str) -> None:
    assert as_date(text) == read


def test_a_reformat_of_the_whole_registry_is_no_news(follower: Follower) -> None:
    follower.run()
    before = {row.nct_id: row.version for row in Trial.objects.all()}
    days = {row.nct_id: (row.record.start, row.record.completion, row.first_posted) for row in Trial.objects.all()}
    follower.next_day()
    follower.sample.misbehave("reformat")
    run = follower.run()
    assert (run.state, run.changed, run.events, run.failed) == (SyncRun.State.PUBLISHED, 0, 0, 0)
    follower.take_inventory()
    assert told() == []
    assert {row.nct_id: row.version for row in Trial.objects.all()} == before
    now = {row.nct_id: (row.record.start, row.record.completion, row.first_posted) for row in Trial.objects.all()}
    assert now == days
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    follower.run()
    assert {nct_id for nct_id, _, _ in told()} == {FIRST}


@pytest.mark.parametrize("kind", ["key_gone", "null_value", "list_to_object", "new_enum", "unknown_keys",
                                  "number_as_text"])  # fmt: skip
def test_a_drift_of_the_schema_keeps_what_is_known(
    follower: Follower, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    follower.run()
    known = {row.nct_id: (row.record.eligibility, row.record.enrollment) for row in Trial.objects.all()}
    follower.next_day()
    follower.sample.misbehave("schema_drift", kinds=(kind,))
    run = follower.run()
    assert run.state == SyncRun.State.PUBLISHED
    assert told() == []
    assert {row.nct_id: (row.record.eligibility, row.record.enrollment) for row in Trial.objects.all()} == known
    if kind != "unknown_keys":
        assert re.search("drifted|quarantine|came without", caplog.text), "an alarm was raised"


@pytest.mark.parametrize("field", ["enrollment", "status", "eligibility"])
def test_a_mass_change_is_held_then_released_once(large: Follower, field: str) -> None:
    before = rows()
    large.next_day()
    large.sample.misbehave("mass_change", field=field)
    run = large.run()
    assert run.state == SyncRun.State.HELD
    assert run.staged.count() == 210
    assert "30.0%" in run.held_because
    assert told() == []
    assert rows() == before
    asked = len(large.sample.requests)
    assert large.poll() is None, "the same data is not fetched again"
    assert len(large.sample.requests) == asked + 1
    done = large.release(run)
    assert (done.state, done.changed, done.events > 0) == (SyncRun.State.PUBLISHED, 210, True)
    assert len({nct_id for nct_id, _, _ in told()}) == 210
    with pytest.raises(ValueError, match="not held"):
        large.release(run)
    news = told()
    large.next_day()
    large.run()
    assert told() == news


def test_a_discarded_mass_change_becomes_the_silent_baseline(large: Follower) -> None:
    large.next_day()
    large.sample.misbehave("mass_change", field="enrollment")
    run = large.run()
    done = large.discard(run)
    assert (done.state, done.events) == (SyncRun.State.DISCARDED, 0)
    assert told() == []
    assert Trial.objects.filter(enrollment=247).count() == 210
    assert not Trial.objects.exclude(version=1).exists()
    assert not TrialVersion.objects.exists()
    assert SyncRun.objects.last_good_poll() == done
    large.next_day()
    assert large.run().changed == 0


def test_a_registry_that_mends_itself_supersedes_what_is_held(large: Follower) -> None:
    """A release of the held run must not bring the fault to the site once the registry has taken it back."""
    large.next_day()
    large.sample.misbehave("mass_change", field="status")
    held = large.run()
    large.sample.behave()
    assert large.run().state == SyncRun.State.PUBLISHED
    assert large.take_inventory().state == SyncRun.State.PUBLISHED
    held.refresh_from_db()
    assert (held.state, held.staged.count()) == (SyncRun.State.SUPERSEDED, 0)
    with pytest.raises(ValueError, match="superseded"):
        large.release(held)
    assert told() == []


def test_a_second_poll_while_one_is_held_takes_its_place(large: Follower) -> None:
    large.next_day()
    large.sample.misbehave("mass_change", field="status")
    held = large.run()
    large.next_day()
    large.sample.edit("NCT98000000", retitle)
    second = large.run()
    held.refresh_from_db()
    assert (held.state, second.state) == (SyncRun.State.SUPERSEDED, SyncRun.State.HELD)
    large.release(second)
    assert Trial.objects.exclude(version=1).count() in (210, 211)


def test_a_refetch_does_not_leak_what_is_held(large: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    from trials import upkeep

    monkeypatch.setattr(upkeep, "REFETCH_DAYS", 3)

    large.next_day()
    large.sample.misbehave("mass_change", field="status")
    large.run()
    seen = [upkeep.refetch(now=large.later(24)).seen for _ in range(3)]
    assert sum(seen) == 490
    assert told() == []


def test_a_field_that_empties_everywhere_is_held(large: Follower) -> None:
    large.next_day()
    large.sample.misbehave("mass_change", field="eligibility_emptied", share=0.5)
    run = large.run()
    assert run.state == SyncRun.State.HELD
    assert "eligibility became empty" in run.held_because


def test_a_status_that_we_do_not_know_is_shown_but_told_only_when_it_is_understood(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, lambda raw: raw["protocolSection"]["statusModule"].update(overallStatus="PAUSED"))
    follower.run()
    assert (status_of(FIRST), told()) == ("PAUSED", [])
    follower.next_day()
    follower.sample.edit(FIRST, retitle)
    follower.run()
    assert told() == []
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    follower.run()
    kinds = {kind for _, _, kind in told()}
    assert {"status_terminated", "brief_title"} <= kinds
    change = TrialChange.objects.get(kind="status_terminated")
    assert change.old != "PAUSED", "measured against what readers were last told"
    assert Trial.objects.get(nct_id=FIRST).version == 2


def test_discarding_makes_even_an_unknown_status_the_silent_baseline(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, lambda raw: raw["protocolSection"]["statusModule"].update(overallStatus="PAUSED"))
    follower.run()
    follower.sample.edit(FIRST, terminate)
    polling.sync_ids([FIRST], baseline=True, now=follower.later())
    follower.next_day()
    follower.sample.edit(FIRST, retitle)
    follower.run()
    assert {kind for _, _, kind in told()} == {"brief_title"}
