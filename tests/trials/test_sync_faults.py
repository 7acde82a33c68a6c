"""What the registry does wrong, by name, and what must come of it: nothing lost, nobody told, the next run catches up.

Each test leaves a change behind the fault, so that "caught up" can fail.
"""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.trials.following import Follower, status_of, told
from tests.trials.test_polling import FIRST, retitle, terminate
from trials import polling
from trials.flight import StayAway
from trials.models import MissingStudy, QuarantinedStudy, StagedStudy, SyncRun, Trial, TrialChange, TrialVersion

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = "NCT99000004"


def rows() -> dict[str, Any]:
    """All that a reader could see of the trials."""
    return {row.nct_id: (row.version, row.status, row.gone_at, row.document.study) for row in
            Trial.objects.select_related("document")}  # fmt: skip


@pytest.mark.parametrize(
    "name, options",
    [
        ("rate_limited", {}),
        ("rate_limited", {"retry_after": "date"}),
        ("rate_limited", {"retry_after": "garbage"}),
        ("server_error_500", {}),
        ("unavailable_503", {}),
        ("connection_reset", {}),
        ("connection_reset", {"after": 100, "on": "studies"}),
        ("redirect_302", {"on": "studies"}),
        ("slow_drip", {"on": "studies", "size": 1}),
        ("truncated_json", {}),
        ("truncated_json", {"short_of_length": True}),
        ("html_with_200", {}),
        ("html_with_200", {"on": "version"}),
        ("wrong_content_type", {}),
        ("bad_gzip", {}),
        ("bad_gzip", {"midway": True}),
        ("empty_object", {}),
        ("empty_object", {"on": "version"}),
        ("huge_body", {"size": 20_000_000}),
        ("huge_body", {"size": 20_000_000, "gzip": True}),
    ],
)
def test_an_answer_that_cannot_be_used_fails_the_run_and_the_next_one_catches_up(
    follower: Follower, name: str, options: dict[str, Any]
) -> None:
    first = follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    before = rows()
    follower.sample.misbehave(name, **options)
    failed = follower.run()
    assert (failed.state, failed.events, failed.changed) == (SyncRun.State.FAILED, 0, 0)
    assert failed.error
    assert rows() == before
    assert told() == []
    assert SyncRun.objects.last_good_poll() == first, "the cursor stands still"
    assert not StagedStudy.objects.exists()
    follower.sample.behave()
    assert follower.run().changed == 1
    assert status_of(FIRST) == "TERMINATED"


@pytest.mark.parametrize("name", ["rate_limited", "unavailable_503"])
def test_a_registry_that_asks_for_hours_is_left_alone_for_hours(follower: Follower, name: str) -> None:
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    follower.sample.misbehave(name, retry_after="long")
    failed = follower.run()
    assert failed.retry_at is not None
    assert failed.retry_at >= follower.now + timedelta(seconds=7200)
    follower.sample.behave()
    asked = len(follower.sample.requests)
    with pytest.raises(StayAway):
        follower.poll()
    with pytest.raises(StayAway):
        follower.take_inventory()
    assert len(follower.sample.requests) == asked, "nobody knocked"
    follower.later(3)
    assert follower.run().changed == 1


def test_a_refusal_is_respected_for_an_hour(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    follower.sample.misbehave("forbidden_403")
    failed = follower.run()
    follower.sample.behave()
    assert failed.retry_at is not None
    assert timedelta(minutes=59) < failed.retry_at - failed.finished_at <= timedelta(minutes=61)  # type: ignore[operator]


def test_the_command_says_how_long_the_registry_is_left_alone(follower: Follower) -> None:
    SyncRun.objects.create(kind="incremental", state="failed", started_at=follower.now, finished_at=follower.now,
                           retry_at=timezone.now() + timedelta(hours=2))  # fmt: skip
    with pytest.raises(CommandError, match="left alone until"):
        call_command("sync_trials")


PAGING = [
    ("same_token_forever", {}),
    ("token_refused", {}),
    ("missing_page", {}),
    ("data_moves_mid_crawl", {"times": 1}),
    ("data_moves_mid_crawl", {"times": 1, "tokens_survive": True}),
]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    from trials.registry import Registry

    whole = Registry.crawl
    monkeypatch.setattr(Registry, "crawl", lambda self, since, **rest: whole(self, since, page_size=3, **rest))


@pytest.mark.parametrize("name, options", PAGING)
def test_pages_that_make_no_whole_are_never_taken_for_complete(
    follower: Follower, small_pages: None, name: str, options: dict[str, Any]
) -> None:
    first = follower.run()
    follower.next_day()
    changed = sorted(follower.sample.world.studies)[:8]
    for nct_id in changed:
        follower.sample.edit(nct_id, retitle)
    before = rows()
    follower.sample.misbehave(name, options.get("times"), **{k: v for k, v in options.items() if k != "times"})
    failed = follower.run()
    assert (failed.state, failed.error.partition(":")[0]) == (SyncRun.State.FAILED, "CrawlBroken")
    assert rows() == before
    assert SyncRun.objects.last_good_poll() == first
    follower.sample.behave()
    assert follower.run().changed == len(changed)


def test_a_page_that_comes_twice_brings_each_change_once(follower: Follower, small_pages: None) -> None:
    follower.run()
    follower.next_day()
    changed = sorted(follower.sample.world.studies)[:8]
    for nct_id in changed:
        follower.sample.edit(nct_id, retitle)
    follower.sample.misbehave("duplicate_page", times=1)
    assert follower.run().changed == len(changed)
    news = told()
    assert len(news) == len(set(news)) == len(changed)


def test_a_first_import_that_broke_off_is_not_taken_for_complete(follower: Follower, small_pages: None) -> None:
    follower.sample.misbehave("data_moves_mid_crawl", times=1, tokens_survive=True)
    assert follower.run().state == SyncRun.State.FAILED
    assert SyncRun.objects.last_good_poll() is None
    run = follower.run()
    assert (run.is_baseline, run.state) == (True, SyncRun.State.PUBLISHED)
    assert Trial.objects.count() == len(follower.sample.world.studies)
    assert told() == []


# --- F14: studies go missing


def test_a_study_is_gone_only_after_two_inventories_of_different_data(follower: Follower) -> None:
    follower.run()
    follower.sample.remove(FIRST)
    follower.take_inventory()
    follower.take_inventory()
    trial = Trial.objects.get(nct_id=FIRST)
    assert trial.gone_at is None, "the second look was at the same data"
    assert MissingStudy.objects.get().trial == trial
    follower.next_day()
    run = follower.take_inventory()
    trial.refresh_from_db()
    assert (run.gone, trial.gone_at is None, trial.version) == (1, False, 2)
    assert told() == [(FIRST, 2, "gone")]
    page = Client().get(f"/trials/{FIRST}/")
    assert page.status_code == 410
    assert trial.brief_title in html.unescape(page.content.decode()), "the page keeps the last record"
    follower.next_day()
    assert follower.take_inventory().gone == 0


def test_a_study_that_comes_back_was_never_gone(follower: Follower) -> None:
    follower.run()
    raw = follower.sample.study(FIRST)
    follower.sample.misbehave("vanish", ids=[FIRST])
    follower.take_inventory()
    follower.sample.behave()
    follower.next_day()
    follower.take_inventory()
    assert not MissingStudy.objects.exists()
    follower.sample.misbehave("vanish", ids=[FIRST])
    follower.take_inventory()
    assert Trial.objects.get(nct_id=FIRST).gone_at is None, "it was missing twice, but not twice running"
    assert told() == []
    assert follower.sample.study(FIRST) == raw


def test_a_trial_that_was_called_gone_and_returns_is_told_so(follower: Follower) -> None:
    follower.run()
    follower.sample.misbehave("vanish", ids=[FIRST])
    follower.take_inventory()
    follower.next_day()
    follower.take_inventory()
    follower.sample.behave()
    follower.take_inventory()
    assert Trial.objects.get(nct_id=FIRST).gone_at is None
    assert told() == [(FIRST, 2, "gone"), (FIRST, 3, "returned")]
    assert "again" in TrialChange.objects.get(kind="returned").sentence


def test_a_study_outside_our_scope_is_not_gone(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    follower.run()
    from trials.registry import Registry

    listed = Registry.inventory
    monkeypatch.setattr(Registry, "inventory", lambda self: (row for row in listed(self) if row.nct_id != FIRST))
    for _ in range(3):
        follower.take_inventory()
        follower.next_day()
    assert Trial.objects.get(nct_id=FIRST).gone_at is None
    assert MissingStudy.objects.get().is_out_of_scope
    assert told() == []


def test_a_merged_study_redirects_and_alarms_nobody(follower: Follower) -> None:
    follower.run()
    follower.sample.merge(FIRST, into=SECOND)
    follower.take_inventory()
    old, target = Trial.objects.get(nct_id=FIRST), Trial.objects.get(nct_id=SECOND)
    assert (old.moved_to, old.gone_at is None, old.version) == (target, False, 1)
    assert list(target.aliases.values_list("alias", flat=True)) == [FIRST]
    assert told() == []
    page = Client().get(f"/trials/{FIRST}/")
    assert (page.status_code, page["Location"]) == (301, f"/trials/{SECOND}/")
    follower.next_day()
    follower.take_inventory()
    assert told() == []


def test_a_chain_of_merges_leads_to_the_last(follower: Follower) -> None:
    follower.run()
    third = "NCT99000005"
    follower.sample.merge(FIRST, into=SECOND)
    follower.take_inventory()
    follower.sample.merge(SECOND, into=third)
    follower.next_day()
    follower.take_inventory()
    target = Trial.objects.get(nct_id=third)
    assert {Trial.objects.get(nct_id=nct_id).moved_to for nct_id in (FIRST, SECOND)} == {target}
    assert set(target.aliases.values_list("alias", flat=True)) == {FIRST, SECOND}


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_drop_of_the_count_is_held_and_removes_nothing(large: Follower, share: float) -> None:
    large.sample.misbehave("count_drops", share=share)
    for _ in range(2):
        asked = len(large.sample.requests)
        run = large.take_inventory()
        assert run.state == SyncRun.State.HELD
        assert "missing" in run.held_because
        assert len(large.sample.requests) - asked < 20, "a fault is not asked after study by study"
        large.next_day()
    assert not Trial.objects.exclude(gone_at=None).exists()
    assert told() == []


def test_one_condition_that_empties_is_held(large: Follower) -> None:
    some = [f"NCT98{number:06d}" for number in range(25)]
    for nct_id in some:
        large.sample.edit(nct_id, lambda raw: raw["protocolSection"]["conditionsModule"].update(conditions=["Gout"]))
    large.run()
    large.sample.misbehave("vanish", ids=some)
    run = large.take_inventory()
    assert run.state == SyncRun.State.HELD
    assert "gout" in run.held_because
    assert run.missing == 25
    assert not MissingStudy.objects.exists()


def test_a_registry_that_lists_nothing_is_held_on_a_small_site_too(follower: Follower) -> None:
    follower.run()
    follower.sample.misbehave("count_drops", share=1.0)
    run = follower.take_inventory()
    assert (run.state, run.missing) == (SyncRun.State.HELD, Trial.objects.count())
    follower.sample.behave()
    later = follower.take_inventory()
    assert later.state == SyncRun.State.PUBLISHED
    run.refresh_from_db()
    assert run.state == SyncRun.State.SUPERSEDED


def test_a_drop_that_a_person_accepts_goes_its_way_in_two_inventories(follower: Follower) -> None:
    follower.run()
    follower.sample.misbehave("count_drops", share=0.6)
    held = follower.take_inventory()
    assert held.state == SyncRun.State.HELD
    follower.release(held)
    assert not Trial.objects.exclude(gone_at=None).exists()
    for _ in range(2):
        follower.next_day()
        assert follower.take_inventory().state == SyncRun.State.PUBLISHED
    assert Trial.objects.exclude(gone_at=None).count() == held.missing


# --- F15 to F17: the data itself


def test_a_reformat_of_the_whole_registry_is_no_news(follower: Follower) -> None:
    follower.run()
    before = {row.nct_id: row.version for row in Trial.objects.all()}
    follower.next_day()
    follower.sample.misbehave("reformat")
    run = follower.run()
    assert (run.state, run.changed, run.events, run.failed) == (SyncRun.State.PUBLISHED, 0, 0, 0)
    follower.take_inventory()
    assert told() == []
    assert {row.nct_id: row.version for row in Trial.objects.all()} == before
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
        assert re.search("drifted|quarantine", caplog.text), "an alarm was raised"


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


# --- F18: poison


def test_a_poison_study_waits_while_the_others_go_on_and_returns_when_cured(follower: Follower) -> None:
    from trials import upkeep

    follower.run()
    follower.next_day()
    follower.sample.edit(SECOND, terminate)
    follower.sample.misbehave("poison", nct_id=FIRST)
    run = follower.run()
    assert (run.state, status_of(SECOND)) == (SyncRun.State.PUBLISHED, "TERMINATED")
    assert FIRST not in {nct_id for nct_id, _, _ in told()}
    follower.sample.behave()
    follower.sample.edit(FIRST, terminate)
    follower.later(48)
    upkeep.retry_quarantined(now=follower.now)
    follower.run()
    assert status_of(FIRST) == "TERMINATED"
    assert not QuarantinedStudy.objects.exists()


def poison_at(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes one of our own steps fail for the study FIRST, as no tolerance of the parser can prevent."""
    from trials import changes, records, storing

    def failing(real: Callable[..., Any], is_it: Callable[..., bool]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            if is_it(*args, **kwargs):
                raise KeyError("poison")
            return real(*args, **kwargs)

        return step

    if place == "parser":
        is_it = lambda raw, *_: raw["protocolSection"]["identificationModule"]["nctId"] == FIRST  # noqa: E731
        monkeypatch.setattr(records, "parse", failing(records.parse, is_it))
    elif place == "detector":
        monkeypatch.setattr(changes, "detect", failing(changes.detect, lambda old, new: new.nct_id == FIRST))
    else:
        monkeypatch.setattr(storing, "facts", failing(storing.facts, lambda item, _: item.record.nct_id == FIRST))


@pytest.mark.parametrize("place", ["parser", "detector", "storing"])
def test_whatever_step_fails_for_one_study_the_others_are_published(
    large: Follower, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.factories import study

    large.sample.add(study(FIRST))
    large.run()
    large.next_day()
    others = [f"NCT98{number:06d}" for number in range(40)]
    for nct_id in (FIRST, *others):
        large.sample.edit(nct_id, retitle)
    poison_at(place, monkeypatch)
    run = large.run()
    assert (run.state, run.changed, run.failed) == (SyncRun.State.PUBLISHED, len(others), 1)
    assert "KeyError" in QuarantinedStudy.objects.get(nct_id=FIRST).reason
    monkeypatch.undo()


def test_quarantine_backs_off_and_never_overflows(follower: Follower) -> None:
    from trials import quarantine
    from trials.incoming import Broken

    for _ in range(3):
        quarantine.put(Broken("NCT99000099", "bad", b""), now=follower.now)
    assert QuarantinedStudy.objects.get().retry_at - follower.now == QuarantinedStudy.FIRST_WAIT * 4
    QuarantinedStudy.objects.update(tries=2_000_000)
    quarantine.put(Broken("NCT99000099", "bad", b""), now=follower.now)
    assert QuarantinedStudy.objects.get().retry_at - follower.now == QuarantinedStudy.LONGEST_WAIT


def test_a_quarantined_study_that_the_registry_no_longer_sends_is_asked_for_less_often(follower: Follower) -> None:
    from trials import quarantine, upkeep
    from trials.incoming import Broken

    follower.run()
    quarantine.put(Broken("NCT99000099", "bad", b""), now=follower.now - timedelta(hours=1))
    assert upkeep.retry_quarantined(now=follower.now) is not None
    assert upkeep.retry_quarantined(now=follower.later()) is None


def test_the_inventory_before_the_first_import_does_nothing(follower: Follower) -> None:
    from trials import upkeep

    assert upkeep.take_inventory(now=follower.now) is None
    assert not Trial.objects.exists()


def test_a_refetch_finds_quiet_changes_within_a_month(follower: Follower) -> None:
    from trials import upkeep

    follower.run()
    follower.sample.edit(FIRST, terminate, quietly=True)
    runs = [upkeep.refetch(now=follower.later(24)) for _ in range(30)]
    assert sum(run.changed for run in runs) == 1
    assert sum(run.seen for run in runs) == Trial.objects.count()
    assert {nct_id for nct_id, _, _ in told()} == {FIRST}
