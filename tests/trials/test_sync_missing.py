"""F14: studies that the registry does not list any more. No delete, no mail, until it is sure."""

import html

import pytest
from django.test import Client

from tests.trials.following import Follower, told
from tests.trials.test_polling import FIRST
from trials.models import MissingStudy, SyncRun, Trial, TrialChange

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = "NCT99000004"


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
