"""What a question finds, in which order, and how many."""

from datetime import UTC, date, datetime

import pytest

from explainers import publishing
from explainers.models import SummaryText
from tests.explainers.factories import UserFactory, published_summary
from tests.factories import ConditionFactory
from tests.trials.finding import findable, site
from trials import condition_editing, search_index
from trials.models import Condition, ConditionName, Trial, TrialSearch
from trials.search import finding, freshest
from trials.search.asking import Asked, nct_id_in, understood
from trials.search.finding import Found, find

pytestmark = pytest.mark.django_db


def found(**parameters: str) -> Found:
    return find(understood(parameters))


def ids(**parameters: str) -> list[str]:
    trials = Trial.objects.in_bulk([hit.trial_id for hit in found(**parameters).hits])
    return [trials[hit.trial_id].nct_id for hit in found(**parameters).hits]


def titled(nct_id: str, title: str, **modules: dict) -> Trial:  # type: ignore[type-arg]
    return findable(nct_id, identificationModule={"briefTitle": title}, **modules)


def about(nct_id: str, *conditions: str, meshes: tuple[str, ...] = (), **modules: dict) -> Trial:  # type: ignore[type-arg]
    trial = findable(nct_id, conditionsModule={"conditions": list(conditions)}, **modules)
    if meshes:
        raw = trial.document.study
        named = [{"id": f"D{n}", "term": term} for n, term in enumerate(meshes)]
        raw["derivedSection"] = {"conditionBrowseModule": {"meshes": named[:1], "ancestors": named[1:]}}
        from trials.packing import pack

        type(trial.document).objects.update_or_create(trial=trial, defaults={"packed": pack(raw)})
        search_index.refresh([trial.pk])
    return trial


def test_open_trials_are_shown_unless_others_are_asked_for() -> None:
    findable("NCT99000001")
    findable("NCT99000002", statusModule={"overallStatus": "COMPLETED"})
    assert ids() == ["NCT99000001"]
    assert ids(status="completed") == ["NCT99000002"]
    assert ids(status="any") == ["NCT99000001", "NCT99000002"]
    assert found().any_status == 2


@pytest.mark.parametrize("q", ["tea", "TEA", "teas", "nurse", "tired nurses", "fatigue", "Sample University", "teä"])
def test_a_word_of_title_condition_treatment_or_sponsor_finds_the_trial(q: str) -> None:
    findable("NCT99000001")
    assert ids(q=q) == ["NCT99000001"]


def test_every_word_must_fit() -> None:
    findable("NCT99000001")
    assert ids(q="tea doctors") == []


@pytest.mark.parametrize("q", ["CAR-T", "car t", "CART", "PD-1", "pd1", "tumour", "tumors", "il-2"])
def test_compounds_and_spellings_are_found_however_they_are_written(q: str) -> None:
    titled("NCT99000001", "CAR-T Cells and PD-1 With IL-2 for a Tumor")
    assert ids(q=q) == ["NCT99000001"]


def test_a_word_in_the_title_comes_before_one_in_the_summary_and_then_the_fresh_one() -> None:
    old = {"lastUpdatePostDateStruct": {"date": "2020-01-01"}}
    titled("NCT99000001", "Coffee Old", statusModule=old)
    findable("NCT99000002", descriptionModule={"briefSummary": "Not tea but coffee."})
    titled("NCT99000003", "Coffee New")
    assert ids(q="coffee") == ["NCT99000003", "NCT99000001", "NCT99000002"]


def test_open_trials_come_first_where_all_were_asked_for() -> None:
    findable(
        "NCT99000001", statusModule={"overallStatus": "COMPLETED", "lastUpdatePostDateStruct": {"date": "2026-07-01"}}
    )
    findable("NCT99000002", statusModule={"lastUpdatePostDateStruct": {"date": "2019-07-01"}})
    assert ids(status="any") == ["NCT99000002", "NCT99000001"]
    assert ids(status="any", sort="updated") == ["NCT99000001", "NCT99000002"]


def test_newest_first() -> None:
    findable("NCT99000001", statusModule={"studyFirstPostDateStruct": {"date": "2020-01-01"}})
    findable("NCT99000002", statusModule={"studyFirstPostDateStruct": {"date": "2024-01-01"}})
    assert ids(sort="new") == ["NCT99000002", "NCT99000001"]


def test_a_condition_is_found_by_its_name_and_by_everyday_ones() -> None:
    about("NCT99000001", "Gastric Adenocarcinoma", meshes=("Stomach Neoplasms", "Neoplasms"))
    for q in ("stomach neoplasms", "stomach cancer", "Gastric Cancers", "cancer of the stomach"):
        assert ids(q=q) == ["NCT99000001"], q
    named = found(q="stomach cancer").resolved.named
    assert named is not None
    assert (named.name, named.said) == ("stomach neoplasms", "stomach cancer")


def test_a_broader_condition_finds_what_lies_below_it() -> None:
    about("NCT99000001", "Gastric Adenocarcinoma", meshes=("Stomach Neoplasms", "Neoplasms"))
    assert ids(q="cancer") == ["NCT99000001"]
    assert ids(condition="neoplasms") == ["NCT99000001"]


def test_words_beside_a_condition_are_looked_for_in_its_trials() -> None:
    about("NCT99000001", meshes=("Stomach Neoplasms",), descriptionModule={"briefSummary": "With coffee."})
    about("NCT99000002", meshes=("Stomach Neoplasms",))
    assert ids(q="coffee for stomach cancer") == ["NCT99000001"]


def test_the_everyday_name_finds_the_registrants_own_term_too() -> None:
    about("NCT99000001", "x", meshes=("Stomach Neoplasms",))
    about("NCT99000002", "Stomach Cancer")
    assert set(ids(q="stomach cancer")) == {"NCT99000001", "NCT99000002"}


def test_a_merged_condition_finds_the_trials_of_both_and_a_hidden_one_is_no_name() -> None:
    about("NCT99000001", meshes=("Asthma",))
    about("NCT99000002", "Bronchial Asthma")
    asthma, bronchial = Condition.objects.get(key="asthma"), Condition.objects.get(key="bronchial asthma")
    condition_editing.merge(bronchial, into=asthma)
    assert set(ids(condition="asthma")) == {"NCT99000001", "NCT99000002"}
    assert set(ids(condition="bronchial-asthma")) == {"NCT99000001", "NCT99000002"}
    condition_editing.hide(asthma)
    assert found(q="asthma").resolved.named is None


def test_an_unknown_condition_finds_nothing_rather_than_everything() -> None:
    findable("NCT99000001")
    assert ids(condition="no-such-condition") == []
    assert ids(country="atlantis") == []


@pytest.mark.parametrize(
    "typed, meant",
    [("astma", "asthma"), ("astham", "asthma"), ("fibromialgia", "fibromyalgia"), ("gren tea", "green tea")],
)
def test_a_slip_of_the_keyboard_finds_what_was_meant_and_says_so(typed: str, meant: str) -> None:
    for number, name in enumerate(("Asthma", "Fibromyalgia", "Sleep")):
        about(f"NCT9900000{number}", meshes=(name,))
    from trials.search import spelling
    from trials.search.words import name_words

    spelling.note([name_words(trial.record) for trial in Trial.objects.select_related("document")])
    result = found(q=typed)
    assert result.total
    assert (result.asked.q, result.instead_of) == (meant, typed)


def test_words_that_nothing_fits_leave_the_condition() -> None:
    about("NCT99000001", meshes=("Asthma",))
    result = found(q="asthma xyzzyq")
    assert (result.asked.q, result.instead_of, result.total) == ("asthma", "asthma xyzzyq", 1)


def test_a_two_phase_trial_is_in_both_phases() -> None:
    findable("NCT99000001", designModule={"phases": ["PHASE1", "PHASE2"]})
    assert ids(phase="phase1") == ids(phase="phase2") == ["NCT99000001"]
    assert ids(phase="phase3") == []
    assert found().counts["phase", "phase1"] == found().counts["phase", "phase2"] == 1


def test_filters_by_type_sex_volunteers_and_results() -> None:
    findable("NCT99000001")
    findable("NCT99000002", designModule={"studyType": "OBSERVATIONAL"}, eligibilityModule={"sex": "FEMALE"})
    assert ids(type="observational") == ["NCT99000002"]
    assert ids(sex="male") == ["NCT99000001"]
    assert len(ids(sex="female")) == 2
    assert len(ids(healthy="yes")) == 2
    assert ids(results="yes") == []


@pytest.mark.parametrize("age, fits", [("17", False), ("18", True), ("65", True), ("66", False)])
def test_age_at_both_edges(age: str, fits: bool) -> None:
    findable("NCT99000001", eligibilityModule={"minimumAge": "18 Years", "maximumAge": "65 Years"})
    assert ids(age=age) == (["NCT99000001"] if fits else [])


def test_country_and_state() -> None:
    findable("NCT99000001")
    findable("NCT99000002", contactsLocationsModule={"locations": [site("Oslo", 59.91, 10.75, country="Norway")]})
    assert ids(country="norway") == ids(country="Norway") == ["NCT99000002"]
    assert ids(country="USA") == ids(country="united-states", state="massachusetts") == ["NCT99000001"]
    assert found().places == [("Norway", 1), ("United States", 1)]
    assert found(country="united-states").places == [("Massachusetts", 1)]


def test_nearest_open_site_first_with_its_distance() -> None:
    findable("NCT99000001", contactsLocationsModule={"locations": [site("Worcester", 42.2626, -71.8023)]})
    findable("NCT99000002", contactsLocationsModule={"locations": [site("Boston", 42.36, -71.06)]})
    findable("NCT99000003", contactsLocationsModule={"locations": [site("Boston", 42.36, -71.06, "COMPLETED"),
                                                                  site("Providence", 41.824, -71.4128)]})  # fmt: skip
    assert ids(near="Boston") == ["NCT99000002", "NCT99000001", "NCT99000003"]
    distances = [round(hit.km or 0) for hit in found(near="Boston").hits]
    assert distances == [0, 62, 66]
    assert ids(near="Boston", within="20km") == ["NCT99000002"]
    assert ids(near="Boston", within="20mi", status="any") == ["NCT99000002", "NCT99000003"]


def test_a_site_without_a_status_may_be_open() -> None:
    findable("NCT99000001", contactsLocationsModule={"locations": [site("Boston", 42.36, -71.06, "")]})
    assert ids(near="Boston") == ["NCT99000001"]


def test_distances_across_the_date_line() -> None:
    findable("NCT99000001", contactsLocationsModule={"locations": [site("Labasa", -16.43, -179.9, country="Fiji")]})
    assert ids(near="-16.43,179.9", within="50km") == ["NCT99000001"]


def test_nothing_found_says_what_less_would_find() -> None:
    findable("NCT99000001", statusModule={"overallStatus": "COMPLETED"})
    findable("NCT99000002", designModule={"phases": ["PHASE4"]})
    assert dict(found(phase="phase2", q="tea").wider) == {"status": 1, "phase": 1}


def test_a_gone_trial_is_not_found() -> None:
    trial = findable("NCT99000001")
    Trial.objects.filter(pk=trial.pk).update(gone_at=datetime(2026, 7, 1, tzinfo=UTC))
    search_index.drop([trial.pk])
    assert ids(status="any") == []


def test_an_editors_words_are_found_while_they_are_published() -> None:
    trial = findable("NCT99000001")
    assert ids(summary="yes") == []
    text = SummaryText(
        title="Does a hot drink help", summary="This trial tests tea. About 120 people can take part.",
        active_substance="Tea", could_lead_to="If it works, it could help.", could_go_wrong="It may not work.",
    )  # fmt: skip
    summary = published_summary(trial, text=text)
    assert ids(q="hot drink", summary="yes") == ["NCT99000001"]
    publishing.withdraw(summary, because="It was wrong.", by=UserFactory())
    assert ids(q="hot drink") == ids(summary="yes") == []


def test_rebuild_makes_every_row_again_and_drops_those_of_gone_trials() -> None:
    kept, gone = findable("NCT99000001"), findable("NCT99000002")
    Trial.objects.filter(pk=gone.pk).update(gone_at=datetime(2026, 7, 1, tzinfo=UTC))
    kept.search.delete()
    assert search_index.rebuild() == 1
    assert ids() == ["NCT99000001"]


def test_pages_hold_twenty_and_follow_one_another_without_doubles() -> None:
    for number in range(45):
        findable(f"NCT990000{number:02d}")
    pages = [ids(page=str(page)) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [20, 20, 5, 0]
    assert len({nct_id for page in pages for nct_id in page}) == 45


@pytest.mark.parametrize("q", ["NCT99000001", "nct99000001", " NCT 99000001 ", "nct-99000001"])
def test_an_nct_id_is_known_in_any_dress(q: str) -> None:
    assert nct_id_in(q) == "NCT99000001"


@pytest.mark.parametrize("q", ["NCT9900000123", "about NCT99000001", "99000001", ""])
def test_what_is_no_nct_id_is_a_question(q: str) -> None:
    assert nct_id_in(q) == ""


@pytest.mark.parametrize(
    "parameters",
    [{"q": "x" * 501}, {"within": "NaN"}, {"near": "Boston", "within": "NaN"}, {"near": "Boston", "within": "-5km"},
     {"near": "Boston", "within": "1e9"}, {"near": "91,0"}, {"age": "-1"}, {"age": "abc"}, {"age": "999"},
     {"page": "0"}, {"page": "x"}, {"status": "zzz"}, {"phase": "9"}, {"sort": "best"}, {"condition": "A B"}],
)  # fmt: skip
def test_what_makes_no_sense_is_a_problem_in_words(parameters: dict[str, str]) -> None:
    findable("NCT99000001")
    result = found(**parameters)
    assert result.asked.problems
    assert result.hits == []


@pytest.mark.parametrize(
    "q", ["%", "'", '"', "\\", "\x00", "\u202e", "a & b | !c", "(", ":*", "select 1; --", "ﬀ", "日本"]
)
def test_marks_in_a_question_do_no_harm(q: str) -> None:
    findable("NCT99000001")
    assert not found(q=q).asked.problems


def test_the_address_has_one_order_and_no_defaults() -> None:
    asked = understood(
        {"page": "2", "phase": "phase2", "q": " tea ", "status": "open", "sort": "relevance", "age": "40"}
    )
    assert asked.address(page=2) == "/trials/?q=tea&phase=phase2&age=40&page=2"
    assert asked.address(phase="") == "/trials/?q=tea&age=40"
    assert Asked().address() == "/trials/"


def test_taking_away_a_place_takes_its_distance_and_order_with_it() -> None:
    asked = understood(
        {"near": "Boston", "within": "50km", "sort": "near", "country": "united-states", "state": "ohio"}
    )
    assert asked.address(near="", country="") == "/trials/"


def test_renamed_and_learned_names_do_not_cover_a_registrants_term() -> None:
    about("NCT99000001", meshes=("Stomach Neoplasms",))
    ConditionName.objects.get(key="stomach cancer", source="lay")
    trial = about("NCT99000002", "Stomach Cancer")
    assert Condition.objects.filter(key="stomach cancer").exists()
    assert trial.pk


def test_dates_count_from_the_first_of_january_1970() -> None:
    trial = findable("NCT99000001", statusModule={"studyFirstPostDateStruct": {"date": "2026-06-20"}})
    assert trial.search.posted == (date(2026, 6, 20) - date(1970, 1, 1)).days


def test_a_condition_factory_name_without_mesh_is_words_only() -> None:
    ConditionFactory(name="quality of life", key="quality of life")
    assert found(q="quality of life").resolved.named is None


@pytest.mark.parametrize("fresh", [3, 10, 10_000])
def test_the_answer_is_the_same_however_many_are_looked_at_first(fresh: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best of too many hits: by rank, the ones called by the word before the others."""
    monkeypatch.setattr(finding, "MOST", 8)
    monkeypatch.setattr(finding, "MOST_NAMED", 8)
    for number in range(24):
        day = {"lastUpdatePostDateStruct": {"date": f"2026-0{1 + number % 6}-1{number % 10}"}}
        findable(
            f"NCT990000{number:02d}", statusModule={"overallStatus": "RECRUITING", **day},
            identificationModule={"briefTitle": "Zither for sleep" if number % 3 == 0 else "Rest for sleep"},
            descriptionModule={"briefSummary": "With a zither."},
        )  # fmt: skip
    monkeypatch.setattr(freshest, "LOOK", freshest.LOOK.replace(str(freshest.FRESH), str(fresh)))
    freshest.note({})
    monkeypatch.setattr(freshest, "is_due", lambda: True)
    found = find(understood({"q": "zither"}), per_page=30)
    assert (found.total, found.is_capped) == (8, True)
    ranks = {row.trial_id: (row.rank, row.trial_id) for row in TrialSearch.objects.all()}
    named = set(Trial.objects.filter(brief_title__startswith="Zither").values_list("id", flat=True))
    best = sorted(ranks, key=ranks.__getitem__, reverse=True)
    called = [id_ for id_ in best if id_ in named]
    others = [id_ for id_ in best[:9] if id_ not in named]
    assert [hit.trial_id for hit in found.hits] == [*called, *others]
