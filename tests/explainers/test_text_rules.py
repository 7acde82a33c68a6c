from datetime import date
from typing import Any

import pytest

from explainers.jargon import jargon
from explainers.text_rules import promise_words, status_missing, unhedged, unknown_numbers, wrong_tense
from tests.real_records import needs_records, real_records
from trials.in_short import in_short
from trials.records import Arm, Outcome, RecordDate, Site, TrialRecord


def record(**facts: Any) -> TrialRecord:
    return TrialRecord(**{"nct_id": "NCT99000001", "status": "TERMINATED"} | facts)


def test_promise_words_are_found_as_written() -> None:
    text = "A promising breakthrough: this game-changer will cure. Promising indeed."
    assert promise_words(text) == ("promising", "breakthrough", "game-changer", "will cure", "Promising")
    assert promise_words("It could help some people. Nobody knows yet.") == ()


def test_a_hope_without_could_or_if_is_flagged() -> None:
    assert unhedged("If it works, this could slow the disease. It gives people more time.") == (
        "It gives people more time.",
    )
    assert unhedged("") == ()


@pytest.mark.parametrize(
    "status, silent, said",
    [
        ("TERMINATED", "The trial tested a drug.", "The study was terminated, so results may be limited."),
        ("TERMINATED", "Doctors stopped smoking.", "The trial stopped early."),
        ("SUSPENDED", "The trial tests a drug.", "The trial is paused for now."),
        ("WITHDRAWN", "The trial was small.", "It was called off before anyone joined."),
    ],
)
def test_a_stopped_trials_text_must_say_so(status: str, silent: str, said: str) -> None:
    assert status_missing(silent, status)
    assert not status_missing(said, status)
    assert not status_missing(silent, "RECRUITING")
    assert not status_missing("", status)


@pytest.mark.parametrize(
    "status, text, wrong",
    [
        ("COMPLETED", "The trial will test a drug. It included 54 people.", ["The trial will test a drug."]),
        ("TERMINATED", "Researchers are looking for people.", ["Researchers are looking for people."]),
        ("COMPLETED", "It is not known if it works. The trial tested a drug.", []),
        ("NOT_YET_RECRUITING", "The trial tested a drug. It will include 20 people.", ["The trial tested a drug."]),
        ("RECRUITING", "The trial tests a drug. People took part before.", []),
    ],
)
def test_tense_against_the_status_is_flagged(status: str, text: str, wrong: list[str]) -> None:
    assert list(wrong_tense(text, status)) == wrong


def test_numbers_that_the_record_does_not_have_are_flagged() -> None:
    known = record(enrollment=54, phases=("PHASE2",), start=RecordDate("2018-03-05"), brief_summary="1,200 mg dose")
    text = "In phase 2, 150 people got 1200 mg from 2018. Of 54, 12.5 percent and forty-one left."
    assert unknown_numbers(text, known) == ("150", "12.5", "forty-one")


def test_what_a_reader_can_count_or_convert_is_known() -> None:
    known = record(
        sites=(Site(city="Rome", country="Italy"),) * 17,
        arms=(Arm("A"), Arm("B")),
        primary_outcomes=(Outcome("Survival", "", "24 months"), Outcome("Pain", "", "52 weeks")),
        brief_summary="Twelve visits",
    )
    assert unknown_numbers("At 17 sites, 2 groups, for 2 years or 12 months, 12 visits.", known) == ()
    assert unknown_numbers("For 3 years at 18 sites.", known) == ("3", "18")


def test_a_phone_number_or_post_code_is_no_fact_of_the_trial() -> None:
    assert unknown_numbers("It took 20892 people.", record(sites=(Site(zip="20892"),))) == ("20892",)


def test_jargon_is_found_by_form_length_and_list() -> None:
    text = (
        "Refractory patients get pembrolizumab, a monoclonal antibody, for pancreatitis and progression-free survival."
    )
    assert jargon(text) == ("Refractory", "pembrolizumab", "monoclonal", "antibody", "pancreatitis")


def test_plain_words_names_and_codes_are_no_jargon() -> None:
    text = (
        "Your doctor gives information about the hospital in Philadelphia. Volunteers usually communicate on January 3."
    )
    assert jargon(text) == ()
    assert jargon("It tests IMC002 in the US.") == ()


def test_glossary_terms_and_spelled_out_acronyms_are_known() -> None:
    text = "CAR-T cells and a biomarker. Overall survival (OS) counts; OS and PFS."
    assert jargon(text, {"car-t cell", "biomarker"}) == ("PFS",)
    assert jargon("CAR-T", set()) == ("CAR",)


def test_forms_of_a_listed_word_count_as_the_word() -> None:
    assert jargon("They enrolled cohorts with lesions.") == ("enrolled", "cohorts", "lesions")


@needs_records
def test_our_own_short_texts_hold_every_rule() -> None:
    for real in real_records():
        text = " ".join(in_short(real, today=date(2026, 7, 1)))
        assert not status_missing(text, real.status), (real.nct_id, text)
        assert not promise_words(text), (real.nct_id, text)
        assert not wrong_tense(text, real.status), (real.nct_id, text)
