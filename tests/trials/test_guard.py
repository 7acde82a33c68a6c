"""Both sides of every threshold of the mass-change guard."""

import pytest

from tests.factories import study
from trials import guard, records
from trials.guard import Tally, reasons_to_hold

ALL = 600_000


def tally(**counts: object) -> Tally:
    return Tally(**{"studies_before": ALL, **counts})  # type: ignore[arg-type]


@pytest.mark.parametrize("events, is_held", [(10_000, False), (10_001, True)])
def test_until_ten_runs_are_known_the_usual_run_counts_as_two_thousand(events: int, is_held: bool) -> None:
    assert bool(reasons_to_hold(tally(events=events), recent_events=[5] * 9)) == is_held


@pytest.mark.parametrize("events, is_held", [(5_000, False), (5_001, True)])
def test_five_times_the_median_is_the_limit(events: int, is_held: bool) -> None:
    assert bool(reasons_to_hold(tally(events=events), recent_events=[1] * 4 + [1_000] * 9)) == is_held


@pytest.mark.parametrize("events, is_held", [(500, False), (501, True)])
def test_five_hundred_events_are_never_held_for_their_number(events: int, is_held: bool) -> None:
    assert bool(reasons_to_hold(tally(events=events), recent_events=[1] * 30)) == is_held


@pytest.mark.parametrize("changed, is_held", [(12_000, False), (12_001, True)])
def test_two_percent_of_all_studies_is_the_limit(changed: int, is_held: bool) -> None:
    recent = [100_000] * 10
    assert bool(reasons_to_hold(tally(events=20_000, changed_studies=changed), recent_events=recent)) == is_held


@pytest.mark.parametrize("events, is_held", [(199, False), (200, True)])
def test_shares_say_nothing_about_small_runs(events: int, is_held: bool) -> None:
    small = tally(studies_before=300, events=events, changed_studies=events)
    assert bool(reasons_to_hold(small, recent_events=[])) == is_held


@pytest.mark.parametrize(
    "kind, count, is_held", [("phase", 500, False), ("phase", 501, True), ("site_added", 900, False)]
)
def test_one_field_in_half_of_the_changed_studies_is_held_but_sites(kind: str, count: int, is_held: bool) -> None:
    one = tally(events=2_000, changed_studies=1_000, studies_by_kind={kind: count})
    assert bool(reasons_to_hold(one, recent_events=[])) == is_held


@pytest.mark.parametrize("count, is_held", [(6_000, False), (6_001, True)])
def test_a_field_that_empties_on_one_percent_is_held(count: int, is_held: bool) -> None:
    assert bool(reasons_to_hold(tally(emptied_by_field={"eligibility": count}), recent_events=[])) == is_held


@pytest.mark.parametrize("missing, is_held", [(3_000, False), (3_001, True)])
def test_half_a_percent_missing_is_held(missing: int, is_held: bool) -> None:
    assert bool(reasons_to_hold(tally(missing_studies=missing), recent_events=[])) == is_held


@pytest.mark.parametrize("before, missing, is_held", [(10_000, 199, False), (10_000, 200, True), (15, 9, False),
                                                      (19, 10, True), (20, 10, False)])  # fmt: skip
def test_few_missing_studies_are_held_only_where_few_there_are(before: int, missing: int, is_held: bool) -> None:
    assert bool(reasons_to_hold(tally(studies_before=before, missing_studies=missing), recent_events=[])) == is_held


def test_an_empty_registry_is_held_unless_there_was_nothing() -> None:
    assert reasons_to_hold(tally(studies_before=3, missing_studies=3, is_registry_empty=True), recent_events=[])
    assert not reasons_to_hold(tally(studies_before=0, is_registry_empty=True), recent_events=[])


def test_a_field_counts_as_emptied_only_where_it_said_something() -> None:
    full = records.parse(study())
    bare = study(eligibilityModule={"eligibilityCriteria": ""})
    assert guard.emptied_fields(full, records.parse(bare)) == {"eligibility"}
    assert guard.emptied_fields(records.parse(bare), full) == set()
    assert guard.emptied_fields(full, full) == set()


def test_each_reason_is_a_sentence_with_its_numbers() -> None:
    [reason] = reasons_to_hold(tally(missing_studies=30_000), recent_events=[])
    assert reason == "30,000 studies are missing from the registry (5.0%)."
