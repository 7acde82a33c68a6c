"""Names that the records teach: kept by evidence, judged by editors, and never a filter."""

from typing import Any

import pytest

from tests.factories import study
from tests.trials.finding import findable
from tests.trials.test_search import found, ids
from trials import learning, search_index
from trials.condition_index import ConditionIndex
from trials.conditions import condition_key
from trials.models import Condition, ConditionName, Trial, TrialDocument
from trials.packing import pack
from trials.records import content_hash

pytestmark = pytest.mark.django_db

LEARNED = ConditionName.Source.LEARNED


def said(
    number: int, terms: list[str], heading: str, *others: str, above: tuple[str, ...] = (), **modules: Any
) -> Trial:
    """A study whose registrant used these terms, and MeSH this heading."""
    nct_id = f"NCT9900{number:04d}"
    trial = Trial.objects.filter(nct_id=nct_id).first() or findable(nct_id, **modules)
    raw = study(trial.nct_id, conditionsModule={"conditions": terms}, **modules)
    meshes = [{"id": f"D{condition_key(term)[:9]}", "term": term} for term in (heading, *others)]
    ancestors = [{"id": f"A{condition_key(term)[:9]}", "term": term} for term in above]
    raw["derivedSection"] = {"conditionBrowseModule": {"meshes": meshes, "ancestors": ancestors}}
    TrialDocument.objects.filter(trial=trial).update(packed=pack(raw))
    Trial.objects.filter(pk=trial.pk).update(content_hash=content_hash(raw))
    search_index.refresh([trial.pk])
    return trial


def learned() -> dict[str, tuple[str, int, int]]:
    rows = ConditionName.objects.suggested().values_list("name", "condition__name", "seen", "alike")
    return {name: (heading, seen, alike) for name, heading, seen, alike in rows}


def three(term: str = "Gastric Ca", heading: str = "Stomach Neoplasms", start: int = 0) -> None:
    for number in range(3):
        said(start + number, [term], heading)


def test_a_pair_seen_three_times_is_learned_and_two_are_not_enough() -> None:
    three()
    said(10, ["Rare Word"], "Asthma")
    said(11, ["Rare Word"], "Asthma")
    learning.learn()
    assert learned() == {"gastric ca": ("stomach neoplasms", 3, 3)}


@pytest.mark.parametrize("others, is_learned", [(1, True), (2, False)])
def test_four_of_five_alike_are_enough_and_two_of_three_are_not(others: int, is_learned: bool) -> None:
    three()
    said(3, ["Gastric Ca"], "Stomach Neoplasms")
    for number in range(others):
        said(10 + number, ["Gastric Ca"], "Asthma")
    learning.learn()
    assert ("gastric ca" in learned()) is is_learned


def test_studies_with_several_terms_or_several_headings_teach_nothing() -> None:
    for number in range(3):
        said(number, ["Gastric Ca", "Fatigue"], "Stomach Neoplasms")
        said(10 + number, ["Heart Thing"], "Asthma", "Heart Failure")
    learning.learn()
    assert learned() == {}


def test_a_term_that_is_a_heading_or_has_a_trusted_place_is_not_learned() -> None:
    three("Stomach Cancer", "Stomach Neoplasms")  # on the starter list
    three("Asthma", "Lung Diseases", start=10)
    said(20, ["x"], "Asthma")
    learning.learn()
    assert learned() == {}


def test_what_no_longer_holds_is_forgotten_and_a_changed_record_counts_anew() -> None:
    three()
    learning.learn()
    assert "gastric ca" in learned()
    said(0, ["Gastric Ca"], "Asthma")
    assert learning.learn().studies == 1
    assert learned() == {}


def test_a_second_run_looks_at_no_study_again() -> None:
    three()
    assert learning.learn().studies == 3
    assert learning.learn() == (0, 1, 0)


def test_a_refused_name_is_never_suggested_again_and_finds_nothing_more() -> None:
    three()
    said(5, ["Something Else"], "Stomach Neoplasms")
    learning.learn()
    assert len(ids(q="gastric ca")) == 4
    from django.utils import timezone

    ConditionName.objects.filter(source=LEARNED).update(refused_at=timezone.now())
    assert len(ids(q="gastric ca")) == 3
    learning.learn()
    assert learned() == {}
    assert ConditionName.objects.get(source=LEARNED).refused_at is not None


def test_a_learned_name_widens_a_search_and_never_narrows_it() -> None:
    words_only = findable("NCT99000051", identificationModule={"briefTitle": "Gastric Ca in Words Alone"})
    by_heading = said(52, ["Tummy Growth"], "Stomach Neoplasms")
    before = set(ids(q="gastric ca"))
    heading = Condition.objects.get(key=condition_key("Stomach Neoplasms"))
    ConditionName.objects.create(condition=heading, name="gastric ca", key="gastric ca", source=LEARNED)
    result = found(q="gastric ca")
    assert before == {words_only.nct_id}
    assert ids(q="gastric ca") == [words_only.nct_id, by_heading.nct_id], "its own words come first"
    assert result.resolved.named is None, "a learned name is no filter"
    assert result.resolved.learned is not None


@pytest.mark.parametrize(
    "q", ["gastric ca trial", "study gastric ca", "CAR-T gastric ca", "gastric-ca", "tea gastric ca"]
)
def test_every_trial_that_words_find_is_found_beside_a_learned_name(q: str) -> None:
    findable("NCT99000051", identificationModule={"briefTitle": "Gastric Ca With CAR-T and Tea"})
    findable("NCT99000052", identificationModule={"briefTitle": "GastricCa With CART and Tea"})
    said(53, ["x"], "Stomach Neoplasms")
    before = set(ids(q=q))
    heading = Condition.objects.get(key=condition_key("Stomach Neoplasms"))
    ConditionName.objects.create(condition=heading, name="gastric ca", key="gastric ca", source=LEARNED)
    assert before
    assert before <= set(ids(q=q))


def test_a_learned_name_decides_no_condition_filter_and_no_chip() -> None:
    three()
    learning.learn()
    assert ids(condition="gastric-ca") == ["NCT99000002", "NCT99000001", "NCT99000000"]
    index = ConditionIndex()
    records = [trial.document.record for trial in Trial.objects.select_related("document")]
    index.learn(records)
    chips = Condition.objects.filter(id__in=index.chips(records[0])).values_list("key", flat=True)
    assert set(chips) == {condition_key("Stomach Neoplasms"), "gastric ca"}


def test_a_name_of_the_starter_list_takes_the_place_of_a_learned_one() -> None:
    from trials import lay_names

    said(0, ["x"], "Stomach Neoplasms")
    heading = Condition.objects.get(key=condition_key("Stomach Neoplasms"))
    ConditionName.objects.filter(key="stomach cancer").update(source=LEARNED)
    lay_names.give([heading.key])
    assert ConditionName.objects.get(key="stomach cancer").source == ConditionName.Source.LAY


def test_an_everyday_name_with_a_slip_is_put_right() -> None:
    said(0, ["x"], "Hypercholesterolemia")
    assert found(q="high cholestrol").asked.q == "high cholesterol"


@pytest.mark.parametrize("q", ["blood in my urine", "blood in the urine", "My son has blood in his urine"])
def test_small_words_inside_a_name_and_who_asks_are_passed_over(q: str) -> None:
    said(0, ["x"], "Hematuria")
    result = found(q=q)
    assert result.instead_of == ""
    assert (result.resolved.named and result.resolved.named.name, result.total) == ("hematuria", 1)
