"""What lies above a condition: told by the lists of single records, completed by editors, never in a circle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trials.test_learned_names import said
from trials import broader, learning
from trials.broader import direct, without_circles
from trials.models import Condition, ConditionParent

ASTHMA, COPD, OBSTRUCTIVE, LUNG, AIRWAYS, ALLERGY, FLU = range(1, 8)


def test_only_neighbours_are_linked() -> None:
    lists = {ASTHMA: [OBSTRUCTIVE, LUNG, AIRWAYS], OBSTRUCTIVE: [LUNG, AIRWAYS], LUNG: [AIRWAYS]}
    assert direct(lists) == {(ASTHMA, OBSTRUCTIVE), (OBSTRUCTIVE, LUNG), (LUNG, AIRWAYS)}


def test_a_condition_may_lie_below_two() -> None:
    assert direct({ASTHMA: [LUNG, ALLERGY]}) == {(ASTHMA, LUNG), (ASTHMA, ALLERGY)}


def test_what_no_record_is_about_is_placed_by_the_lists_that_have_it() -> None:
    lists = {ASTHMA: [OBSTRUCTIVE, LUNG], COPD: [OBSTRUCTIVE, LUNG], FLU: [LUNG]}
    assert direct(lists) == {(ASTHMA, OBSTRUCTIVE), (COPD, OBSTRUCTIVE), (OBSTRUCTIVE, LUNG), (FLU, LUNG)}


def test_one_list_alone_does_not_tell_what_lies_above_what() -> None:
    assert direct({ASTHMA: [OBSTRUCTIVE, LUNG], FLU: [LUNG]}) == {
        (ASTHMA, OBSTRUCTIVE), (ASTHMA, LUNG), (FLU, LUNG),
    }  # fmt: skip


def test_an_editors_link_wins_over_those_that_would_close_a_circle() -> None:
    links = {(ASTHMA, LUNG), (LUNG, AIRWAYS)}
    assert without_circles(links, {(AIRWAYS, ASTHMA)}) == {(ASTHMA, LUNG)}
    assert without_circles(links, {(FLU, LUNG)}) == links


numbers = st.integers(1, 8)


@given(st.dictionaries(numbers, st.lists(numbers, max_size=6), max_size=8))
def test_whatever_the_lists_say_there_is_no_circle(lists: dict[int, list[int]]) -> None:
    up: dict[int, set[int]] = {}
    for condition, parent in direct(lists):
        up.setdefault(condition, set()).add(parent)
    for condition in up:
        assert all(condition not in broader._reached(up, parent) for parent in up[condition])


def named(name: str) -> Condition:
    return Condition.objects.get(name=name)


def links(source: str = "mesh") -> set[tuple[str, str]]:
    return set(ConditionParent.objects.filter(source=source).values_list("condition__name", "parent__name"))


@pytest.mark.django_db
def test_the_daily_job_keeps_mesh_and_leaves_editors_links_alone() -> None:
    said(0, ["x"], "Asthma", above=("Lung Diseases",))
    learning.learn()
    assert links() == {("asthma", "lung diseases")}
    ConditionParent.objects.create(condition=named("x"), parent=named("asthma"))
    said(0, ["x"], "Asthma", above=("Hypersensitivity",))
    learning.learn()
    assert links() == {("asthma", "hypersensitivity")}
    assert links("editor") == {("x", "asthma")}


@pytest.mark.django_db
def test_a_hidden_condition_stands_between_no_others_and_a_merged_one_counts_as_the_other() -> None:
    from trials import condition_editing

    said(0, ["x"], "Asthma", above=("Disease", "Lung Disorder"))
    said(1, ["x"], "Bronchitis", above=("Lung Diseases",))
    condition_editing.merge(named("lung disorder"), into=named("lung diseases"))
    learning.learn()
    assert links() == {("asthma", "lung diseases"), ("bronchitis", "lung diseases")}


@pytest.mark.django_db
def test_above_is_by_any_way_up() -> None:
    for name in ("a", "b", "c"):
        Condition.objects.create(name=name, slug=name, key=name)
    ConditionParent.objects.create(condition=named("a"), parent=named("b"), source="mesh")
    ConditionParent.objects.create(condition=named("b"), parent=named("c"))
    assert broader.is_above(named("c"), named("a"))
    assert not broader.is_above(named("a"), named("c"))
    assert broader.is_above(named("a"), named("a"))


@pytest.mark.django_db
def test_trials_of_what_an_editor_put_below_are_found_above() -> None:
    from tests.trials.test_search import ids

    said(0, ["Long Cough"], "Cough")
    said(1, ["x"], "Asthma")
    ConditionParent.objects.create(condition=named("cough"), parent=named("asthma"))
    assert ids(condition="asthma") == ids(q="asthma") == ["NCT99000001", "NCT99000000"]
    assert ids(condition="cough") == ["NCT99000000"]
