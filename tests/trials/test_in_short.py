import re
import time
from datetime import date
from statistics import median, quantiles
from typing import Any

import pytest

from explainers.readability import grade
from tests.real_records import needs_records, real_records
from trials.in_short import in_short, what_it_is
from trials.records import Arm, Intervention, MeshTerm, RecordDate, Site, TrialRecord

TODAY = date(2026, 7, 1)


def record(**facts: Any) -> TrialRecord:
    return TrialRecord(**{"nct_id": "NCT99000001", "status": "RECRUITING", "study_type": "INTERVENTIONAL"} | facts)


def told(**facts: Any) -> str:
    return " ".join(in_short(record(**facts), today=TODAY))


def drug(name: str, kind: str = "DRUG", arm: str = "") -> Intervention:
    return Intervention(kind, name, arm_labels=(arm,) if arm else ())


def test_a_full_record_answers_every_question_in_six_sentences() -> None:
    assert in_short(
        record(
            conditions=("Carcinoma, Hepatocellular",),
            sex="MALE",
            minimum_age="18 Years",
            maximum_age="75 Years",
            arms=(Arm("A", "EXPERIMENTAL", "", ("Drug: Sorafenib",)), Arm("B", "PLACEBO_COMPARATOR")),
            interventions=(drug("Sorafenib", arm="A"), drug("Placebo", arm="B")),
            sites=(Site(city="Paris", country="France"), Site(city="Lyon", country="France")),
            enrollment=120,
            enrollment_type="ESTIMATED",
            completion=RecordDate("2027-12", "ESTIMATED"),
        ),
        today=TODAY,
    ) == (
        "This trial is looking for people now.",
        "It compares sorafenib with a placebo.",
        "It is for men aged 18 to 75 with hepatocellular carcinoma.",
        "This is a kind of cancer.",
        "There are 2 sites in France.",
        "It plans for 120 people and is due to end in Dec 2027.",
    )


def test_what_it_is_leaves_out_what_stands_beside_it() -> None:
    one = record(
        conditions=("Carcinoma, Hepatocellular",), interventions=(drug("Sorafenib"),), enrollment=120,
        sites=(Site(city="Paris", country="France"),), status_verified="2026-06",
    )  # fmt: skip
    assert what_it_is(one, today=TODAY) == (
        "It tests a drug called sorafenib.",
        "It is for people with hepatocellular carcinoma.",
        "This is a kind of cancer.",
        "Its size in the record is 120 people.",
    )


def test_what_it_is_falls_back_on_all_that_is_known() -> None:
    assert what_it_is(record(), today=TODAY) == in_short(record(), today=TODAY) != ()


@pytest.mark.parametrize(
    "status, said",
    [
        ("NOT_YET_RECRUITING", "This trial has not opened yet."),
        ("ENROLLING_BY_INVITATION", "This trial takes only people it invites."),
        ("ACTIVE_NOT_RECRUITING", "This trial is under way but takes no new people."),
        ("SUSPENDED", "This trial is paused and may start again."),
        ("WITHDRAWN", "This trial was called off before anyone joined."),
        ("COMPLETED", "This trial has finished."),
        ("PAUSED_BY_AGENCY", "This trial has the status “Paused by agency”."),
    ],
)
def test_the_status_comes_first_in_words(status: str, said: str) -> None:
    assert in_short(record(status=status), today=TODAY)[0] == said


def test_an_unknown_status_says_since_when_and_what_it_was() -> None:
    text = told(status="UNKNOWN", last_known_status="RECRUITING", status_verified="2023-07")
    assert text.startswith("No one has confirmed how this trial stands since Jul 2023. Back then, it was looking")
    assert "is looking" not in text


def test_a_stopped_trial_points_to_the_reason_or_says_there_is_none() -> None:
    assert "The sponsor says why in the record." in told(status="TERMINATED", why_stopped="Slow accrual")
    assert "The record does not say why." in told(status="TERMINATED")


def test_a_withheld_record_says_that_details_are_hidden() -> None:
    sentences = in_short(record(status="WITHHELD", study_type=""), today=TODAY)
    assert len(sentences) == 3
    assert "hidden" in sentences[0]


def test_expanded_access_is_not_called_a_trial_that_recruits() -> None:
    text = told(status="AVAILABLE", study_type="EXPANDED_ACCESS", interventions=(drug("Umbralisib"),))
    assert text.startswith("This is not a trial, but a way to get a treatment outside one.")
    assert "This program is available now. It gives a drug called umbralisib." in text


def test_an_observational_study_assigns_no_care() -> None:
    text = told(study_type="OBSERVATIONAL", status="COMPLETED")
    assert "This study has finished. Researchers watched what happened, and did not choose the care." in text


@pytest.mark.parametrize(
    "status, verb",
    [("RECRUITING", "look back"), ("NOT_YET_RECRUITING", "plan to look back"), ("COMPLETED", "looked back"),
     ("WITHDRAWN", "meant to look back"), ("UNKNOWN", "set out to look back")],
)  # fmt: skip
def test_a_study_of_the_past_watches_nobody_now(status: str, verb: str) -> None:
    text = told(study_type="OBSERVATIONAL", status=status, time_perspective="RETROSPECTIVE")
    assert f"Researchers {verb} at what had happened, and did not choose the care." in text
    assert "watch" not in text


@pytest.mark.parametrize(
    "status, verb",
    [("RECRUITING", "It tests"), ("NOT_YET_RECRUITING", "It plans to test"), ("COMPLETED", "It tested"),
     ("WITHDRAWN", "It was meant to test"), ("UNKNOWN", "It set out to test")],
)  # fmt: skip
def test_tense_follows_the_status(status: str, verb: str) -> None:
    assert f"{verb} a drug called udenafil." in told(status=status, interventions=(drug("Udenafil"),))


def test_a_comparison_names_both_sides() -> None:
    arms = (Arm("New", "EXPERIMENTAL"), Arm("Old", "ACTIVE_COMPARATOR"))
    text = told(arms=arms, interventions=(drug("Alectinib", arm="New"), drug("Crizotinib", arm="Old")))
    assert "It compares alectinib with crizotinib." in text


def test_a_treatment_beside_a_placebo_is_named_too() -> None:
    arms = (Arm("New", "EXPERIMENTAL"), Arm("Old", "ACTIVE_COMPARATOR"), Arm("None", "PLACEBO_COMPARATOR"))
    text = told(arms=arms, interventions=(drug("Alectinib", arm="New"), drug("Crizotinib", arm="Old"), drug("Placebo")))
    assert "It compares alectinib with crizotinib and a placebo." in text


def test_the_same_care_for_all_is_said_of_one_group_only() -> None:
    facts = {"interventions": (drug("Udenafil"),), "intervention_model": "SINGLE_GROUP"}
    assert "All people in it get the same care." in told(**facts, arms=(Arm("A"),))
    assert "the same care" not in told(**facts, arms=(Arm("A"), Arm("B")))


@pytest.mark.parametrize(
    "arm, said",
    [("SHAM_COMPARATOR", "with a sham"), ("NO_INTERVENTION", "with no added treatment")],
)
def test_comparators_without_treatment_have_plain_words(arm: str, said: str) -> None:
    arms = (Arm("New", "EXPERIMENTAL"), Arm("Other", arm))
    assert f"It compares shock waves {said}." in told(
        arms=arms, interventions=(drug("Shock Waves", "PROCEDURE", "New"),)
    )


def test_a_placebo_that_is_no_drug_is_not_said_to_lack_one() -> None:
    arms = (Arm("New", "EXPERIMENTAL"), Arm("Placebo", "PLACEBO_COMPARATOR"))
    text = told(arms=arms, interventions=(drug("Shock Waves", "DEVICE", "New"),))
    assert "with a placebo. A placebo is made to seem like the real thing." in text
    assert "no drug in it" not in text


@pytest.mark.parametrize(
    "arm, said",
    [
        (Arm("Usual care", "PLACEBO_COMPARATOR"), "with usual care."),
        (Arm("Standard of Care", "SHAM_COMPARATOR"), "with usual care."),
        (Arm("Control", "SHAM_COMPARATOR", "No treatment will be administered"), "with no added treatment."),
        (Arm("Control", "PLACEBO_COMPARATOR"), "with a placebo."),
        (Arm("Sham and placebo", "SHAM_COMPARATOR"), "with a sham."),
        (Arm("Placebo", "SHAM_COMPARATOR"), "with a placebo."),
    ],
)
def test_what_a_comparison_arm_says_comes_before_its_type(arm: Arm, said: str) -> None:
    interventions = (drug("Traction", "PROCEDURE", "New"), drug("Placebo", "PROCEDURE", "x"))
    assert f"It compares traction {said}" in told(arms=(Arm("New", "EXPERIMENTAL"), arm), interventions=interventions)


def test_what_only_the_placebo_group_gets_is_not_tested() -> None:
    arms = (Arm("New", "ACTIVE_COMPARATOR"), Arm("Salt", "PLACEBO_COMPARATOR"))
    interventions = (drug("Nebivolol", arm="New"), drug("Saline", arm="Salt"))
    assert "It compares nebivolol with a placebo." in told(arms=arms, interventions=interventions)


def test_a_name_with_its_own_with_stays_on_its_side() -> None:
    arms = (Arm("A", "EXPERIMENTAL"), Arm("B", "ACTIVE_COMPARATOR"))
    interventions = (drug("Rifaximin + Transplant", arm="A"), drug("Transplant", "PROCEDURE", arm="B"))
    assert "It compares rifaximin plus transplant with transplant." in told(arms=arms, interventions=interventions)


def test_two_things_of_one_short_name_are_versions_of_it() -> None:
    arms = (Arm("A", "EXPERIMENTAL"), Arm("B", "ACTIVE_COMPARATOR"))
    interventions = (drug("needle (Chiba)", "DEVICE", "A"), drug("needle (Whitacre)", "DEVICE", "B"))
    assert "It compares versions of needle." in told(arms=arms, interventions=interventions)


def test_what_is_only_measured_is_not_what_is_tested() -> None:
    names = (drug("questionnaire administration", "OTHER"), drug("Blood samples", "PROCEDURE"), drug("Olaparib"))
    assert "It tests a drug called olaparib." in told(interventions=(*names, drug("HbA1c", "DIAGNOSTIC_TEST")))
    assert "It tests questionnaire administration." in told(interventions=names[:1])


def test_two_names_are_given_and_the_rest_counted() -> None:
    names = ("Cisplatin", "Carboplatin", "Pemetrexed", "Gemcitabine")
    assert "It tests cisplatin, carboplatin and 2 others." in told(interventions=tuple(map(drug, names)))
    assert "carboplatin and one other." in told(interventions=tuple(map(drug, names[:3])))


@pytest.mark.parametrize(
    "registered, plain",
    [
        ("TADALAFIL 5 mg tablets", "tadalafil"),
        ("Avanafil 100 or 200mg", "avanafil"),
        ("Lazertinib group", "lazertinib"),
        ("DA-8159", "DA-8159"),
        ("Sildenafil Citrate", "sildenafil citrate"),
        ("Levitra®", "Levitra"),
        ("Sildenafil 25 MG", "sildenafil"),
        ("PSMA PET/CT", "PSMA PET/CT"),
        ("Ipilimumab + Nivolumab", "ipilimumab with nivolumab"),
        ("The udenafil tablet", "udenafil"),
        ("Sildenafil (oral)", "sildenafil"),
        ("UK0369,003", "UK0369,003"),
        ("Tadalafil as needed [T(PRN)]", "tadalafil as needed"),
        ("TY-9591 QD PO", "TY-9591"),
        ("L-arginine 5 gm oral caps", "L-arginine"),
        ("0.8 mL/kg of 0.25% bupivacaine", "bupivacaine"),
        ("Milciclib Dose: 150 mg/day Mode of administration: oral", "milciclib"),
        ("Muraglitazar", "muraglitazar"),
        ("SHR-1826；Adebrelimab", "SHR-1826 with others"),
        ("Drug: Sildenafil", "sildenafil"),
    ],
)
def test_drug_names_lose_doses_marks_and_capitals(registered: str, plain: str) -> None:
    assert f" {plain}." in told(interventions=(drug(registered),))


@pytest.mark.parametrize("name", ["Lumbar Injection", "Digital Tablet"])
def test_what_is_no_drug_keeps_the_word_that_says_what_it_is(name: str) -> None:
    assert f"It tests {name.lower()}." in told(interventions=(drug(name, "OTHER"),))


@pytest.mark.parametrize("kind, name", [("DRUG", "Antineoplaston Therapy"), ("DEVICE", "Surgery")])
def test_an_act_is_not_called_a_drug_or_a_device(kind: str, name: str) -> None:
    text = told(interventions=(drug(name, kind),))
    assert name.casefold() in text.casefold()
    assert "called" not in text


@pytest.mark.parametrize("unit", ["1,", "1, ", "1 or ", "1/", "(A)", "5 mg", "a ", "A"])
def test_a_hostile_record_takes_little_time(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    started = time.perf_counter()
    told(conditions=(text,), interventions=(drug(text), drug(text, "OTHER")), minimum_age=text)
    assert time.perf_counter() - started < 1


def test_a_name_too_long_for_a_sentence_becomes_its_kind() -> None:
    name = "Monopolar bipolar transurethral photovaporisation resection technique under robot assistance"
    assert "It tests a procedure." in told(interventions=(drug(name, "PROCEDURE"),))


@pytest.mark.parametrize(
    "facts, said",
    [
        ({"minimum_age": "18 Years"}, "It is for people aged 18 or older."),
        ({"maximum_age": "17 Years"}, "It is for children aged up to 17."),
        ({"minimum_age": "6 Months", "maximum_age": "16 Years"}, "It is for children aged 6 months to 16 years."),
        ({"minimum_age": "1 Year", "maximum_age": "25 Years"}, "It is for people aged 1 to 25."),
        ({"sex": "FEMALE", "minimum_age": "18 Years"}, "It is for women aged 18 or older."),
        ({"minimum_age": "3 Months", "maximum_age": "23 Months"}, "It is for children aged 3 to 23 months."),
        ({"conditions": ("Asthma in Children",), "maximum_age": "9 Years"}, "for children aged up to 9 with asthma."),
        ({"sex": "FEMALE"}, "It is for women and girls."),
        ({"minimum_age": "65 Years", "maximum_age": "65 Years"}, "It is for people aged 65."),
        ({"minimum_age": "6 Months", "maximum_age": "6 Months"}, "It is for children aged 6 months."),
        ({"minimum_age": "0 Years", "maximum_age": "17 Years"}, "It is for children aged up to 17."),
        (
            {"conditions": ("Healthy Volunteers",), "minimum_age": "18 Years"},
            "It is for healthy people aged 18 or older.",
        ),
        ({"conditions": ("Healthy Japanese Subjects",), "healthy_volunteers": True}, "It is for healthy people."),
        ({"conditions": ("ASTHMA",), "healthy_volunteers": True}, "with asthma, and takes healthy people too."),
    ],
)
def test_for_whom_is_said_in_words(facts: dict[str, Any], said: str) -> None:
    assert said in told(**facts)


@pytest.mark.parametrize(
    "conditions, said",
    [
        (("Diabete Mellitus",), "with diabetes mellitus."),
        (("Diabetes Mellitus, Type 2", "Diabetes Mellitus"), "with type 2 diabetes mellitus."),
        (("Prostate Cancer", "Erectile Dysfunction"), "It is about prostate cancer and erectile dysfunction."),
        (("Asthma", "COPD", "Cough"), "It is about asthma, COPD and one other condition."),
        (("Stem Cells",), "It is about stem cells."),
    ],
)
def test_conditions_stand_once_each_in_everyday_words(conditions: tuple[str, ...], said: str) -> None:
    assert said in told(conditions=conditions, condition_meshes=(MeshTerm("D003920", "Diabetes Mellitus"),))


def test_a_cancer_that_is_not_called_so_is_explained() -> None:
    hard = ("Gastroesophageal Junction Adenocarcinoma", "Gastric Adenocarcinoma")
    assert "These are kinds of cancer." in told(conditions=hard)
    assert "kind of cancer" not in told(conditions=("Stomach Cancer",))
    assert "kinds of cancer" not in told(conditions=("Adenocarcinoma", "Depression"))


@pytest.mark.parametrize(
    "sites, said",
    [
        ((Site(city="Seoul", country="South Korea"),), "There is one site, in Seoul, South Korea."),
        ((Site(city="Singapore", country="Singapore"),), "There is one site, in Singapore."),
        ((Site(country="United States"), Site(country="Canada")), "There are 2 sites in the United States and Canada."),
        (
            (Site(city="A", country="Turkey (Türkiye)"), Site(city="B", country="Turkey (Türkiye)")),
            "2 sites in Turkey.",
        ),
        (tuple(Site(country=c) for c in ("Spain", "Italy", "Peru")), "There are 3 sites in 3 countries."),
        ((Site(),), "There is one site."),
        ((Site(city="Many locations", country="Poland"),), "There are many sites in Poland."),
        ((), "The record does not list a site."),
    ],
)
def test_where_is_said_by_city_country_or_number(sites: tuple[Site, ...], said: str) -> None:
    assert said in told(sites=sites)


@pytest.mark.parametrize(
    "facts, said",
    [
        ({"status": "COMPLETED", "enrollment": 1, "enrollment_type": "ACTUAL"}, "In all, one person took part."),
        ({"status": "COMPLETED", "enrollment": 2760, "enrollment_type": "ACTUAL",
          "completion": RecordDate("2004-05", "ACTUAL")}, "It ended in May 2004 with 2,760 people in all."),
        ({"enrollment": 80, "enrollment_type": "ESTIMATED", "completion": RecordDate("2026-06-30", "ESTIMATED")},
         "It plans for 80 people and was due to end on Jun 30, 2026."),
        ({"completion": RecordDate("2026-07-01", "ESTIMATED")}, "It is due to end on Jul 1, 2026."),
        ({"completion": RecordDate("2026", "ESTIMATED")}, "It is due to end in 2026."),
        ({"status": "UNKNOWN", "enrollment": 90, "enrollment_type": "ESTIMATED"}, "It planned for 90 people."),
        ({"status": "UNKNOWN", "enrollment": 3, "enrollment_type": "ACTUAL"}, "It had 3 people."),
        ({"status": "COMPLETED", "enrollment": 50, "completion": RecordDate("2006-04")},
         "Its size in the record is 50 people, and it ended in Apr 2006."),
        ({"status": "TERMINATED", "enrollment": 40, "enrollment_type": "ACTUAL",
          "completion": RecordDate("2027-10", "ESTIMATED")}, "It had 40 people and was due to end in Oct 2027."),
        ({"status": "COMPLETED", "completion": RecordDate("2027-10")}, "It was due to end in Oct 2027."),
        ({"status": "COMPLETED", "enrollment": 15, "enrollment_type": "ACTUAL",
          "primary_completion": RecordDate("2007-02", "ACTUAL")}, "In all, 15 people took part."),
    ],
)  # fmt: skip
def test_how_many_and_until_when(facts: dict[str, Any], said: str) -> None:
    assert said in told(**facts)


def test_a_withdrawn_trial_tells_of_no_people_and_no_end() -> None:
    text = told(status="WITHDRAWN", enrollment=0, completion=RecordDate("2025-01", "ESTIMATED"))
    assert text == "This trial was called off before anyone joined."


@needs_records
def test_real_records_read_at_grade_eight_or_below(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [in_short(real, today=TODAY) for real in real_records()]
    grades = sorted(grade(" ".join(text)) for text in texts)
    worst_five_percent = quantiles(grades, n=20)[-1]
    with capsys.disabled():
        print(f"\nIn short, grade over {len(grades)} records: median {median(grades)}, p95 {worst_five_percent:.1f}")
    assert median(grades) <= 6
    assert worst_five_percent <= 8


@needs_records
def test_real_records_give_three_to_six_clean_sentences() -> None:
    for real in real_records():
        sentences = in_short(real, today=TODAY)
        text = " ".join(sentences)
        assert 3 <= len(sentences) <= 6, real.nct_id
        assert all(re.fullmatch(r"[A-Z].*[^.,;: ]\.", sentence) for sentence in sentences), (real.nct_id, text)
        assert not re.search(r"None|\\|  | [.,]|,,|\(\)|\byou\b", text), (real.nct_id, text)
        assert max(len(sentence.split()) for sentence in sentences) <= 30, (real.nct_id, text)
