"""F18: a record that cannot be read or stored, and the other ways by which nothing is forgotten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.trials.following import Follower, status_of, told
from tests.trials.test_polling import FIRST, retitle, terminate
from trials.models import QuarantinedStudy, SyncRun, Trial

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = "NCT99000004"


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
