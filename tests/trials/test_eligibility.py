import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.real_records import needs_records, real_records
from trials.eligibility import Criteria, Criterion, parse, walk
from trials.text import unescape


def texts(items: tuple[Criterion, ...]) -> list[str]:
    return [item.text for item in items]


def emitted(criteria: Criteria) -> Iterator[str]:
    for section in criteria.sections:
        yield section.title
        for item in walk(section.items):
            yield item.number
            yield item.text


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def test_two_headed_lists_become_inclusion_and_exclusion() -> None:
    criteria = parse("Inclusion Criteria:\n\n* Adults\n* Stage II\n\nExclusion Criteria:\n\n* Pregnancy")
    assert criteria.is_split
    assert texts(criteria.inclusion) == ["Adults", "Stage II"]
    assert texts(criteria.exclusion) == ["Pregnancy"]
    assert criteria.other == ()


@pytest.mark.parametrize(
    "inclusion, exclusion",
    [
        ("INCLUSION CRITERIA", "EXCLUSION CRITERIA"),
        ("Key Inclusion Criteria:", "Key Exclusion Criteria:"),
        ("Inclusion criteria were as follows:", "Exclusion criteria were as follows:"),
        ("Inclusion:", "Exclusion:"),
        ("**Inclusion Criteria**", "**Exclusion Criteria**"),
        ("Inclusion criteria", "Non-inclusion criteria:"),
        ("* Inclusion Criteria:", "* Exclusion Criteria:"),
        ("Eligibility Criteria:", "The following cases were excluded from this clinical study."),
        ("Eligibility:", "Patients meeting any of the following criteria will be excluded from the study:"),
    ],
)
def test_headings_are_known_in_many_wordings(inclusion: str, exclusion: str) -> None:
    criteria = parse(f"{inclusion}\n\n1. Over 40\n2. Able to walk\n\n{exclusion}\n\n1. Stroke")
    found = [item.text for item in walk(criteria.inclusion) if not item.is_heading]
    assert found == ["Over 40", "Able to walk"]
    assert [item.text for item in walk(criteria.exclusion) if not item.is_heading] == ["Stroke"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Other protocol-defined exclusion criteria may apply.",
        "* Other exclusion criteria apply",
        "* Refusing inclusion",
    ],
)
def test_sentences_about_criteria_are_no_headings(sentence: str) -> None:
    criteria = parse(f"Inclusion Criteria:\n\n* Adults\n\n{sentence}\n* Last one")
    assert criteria.exclusion == ()
    assert texts(criteria.inclusion)[-1] == "Last one"


def test_escapes_are_undone_only_after_list_marks_are_read() -> None:
    criteria = parse(
        "Inclusion Criteria:\n\n* BMI \\>= 25 kg/m\\^2\n* T-score\n\n  \\-2.5 or less\n\nExclusion Criteria:\n\n* x\\*"
    )
    assert texts(criteria.inclusion) == ["BMI >= 25 kg/m^2", "T-score"]
    assert texts(criteria.inclusion[1].children) == ["-2.5 or less"]
    assert texts(criteria.exclusion) == ["x*"]


def test_an_escape_that_markdown_does_not_know_is_not_shown() -> None:
    assert texts(parse("* Rate \\≥ 100 bpm").other) == ["Rate ≥ 100 bpm"]


def test_nested_lists_keep_their_levels_and_numbers() -> None:
    criteria = parse("1. Organs:\n\n   * Liver\n\n     a. AST\n     b. ALT\n   * Heart\n2) Adults")
    first, second = criteria.other
    assert (first.number, second.number) == ("1.", "2)")
    liver, heart = first.children
    assert [(child.number, child.text) for child in liver.children] == [("a.", "AST"), ("b.", "ALT")]
    assert heart.text == "Heart"


def test_bullets_after_a_colon_belong_to_their_number() -> None:
    criteria = parse("1. Any of:\n\n* Cough\n* Fever\n\n2. Adults")
    assert texts(criteria.other) == ["Any of:", "Adults"]
    assert texts(criteria.other[0].children) == ["Cough", "Fever"]


def test_a_genus_is_no_letter_of_a_list() -> None:
    assert texts(parse("Inclusion Criteria:\n\nE. coli in urine").inclusion) == ["E. coli in urine"]


def test_sub_headings_hold_the_points_below_them() -> None:
    criteria = parse(
        "Inclusion Criteria:\n\nCohort 1\n\n* Adults\n\nCohort 2:\n\n* Children\n\nExclusion Criteria:\n\n* None"
    )
    assert [(item.is_heading, item.text) for item in criteria.inclusion] == [(True, "Cohort 1"), (True, "Cohort 2:")]
    assert texts(criteria.inclusion[1].children) == ["Children"]


def test_cohorts_with_their_own_lists_stay_named() -> None:
    criteria = parse(
        "Inclusion Criteria (Families):\n\n* One child ill\n\nExclusion Criteria (Families):\n\n* Other diabetes\n\n"
        "Inclusion Criteria (Controls):\n\n* No family history\n\nExclusion Criteria (Controls):\n\n* Autoimmunity"
    )
    assert [(item.text, texts(item.children)) for item in criteria.inclusion] == [
        ("Inclusion Criteria (Families):", ["One child ill"]),
        ("Inclusion Criteria (Controls):", ["No family history"]),
    ]
    assert len(criteria.exclusion) == 2


def test_old_cancer_style_has_headings_of_two_ranks_and_is_not_split() -> None:
    criteria = parse(
        "DISEASE CHARACTERISTICS:\n\n* Stage IV\n\nPATIENT CHARACTERISTICS:\n\nAge:\n\n* 18 and over\n\nSex:\n\n* Any"
    )
    assert not criteria.is_split
    disease, patient = criteria.other
    assert (texts(disease.children), texts(patient.children)) == (["Stage IV"], ["Age:", "Sex:"])
    assert texts(patient.children[0].children) == ["18 and over"]


def test_one_unbroken_paragraph_is_taken_apart() -> None:
    criteria = parse(
        "Inclusion Criteria:- Men- Stable partner Exclusion Criteria:- Stroke within 6 months- Use of nitrates"
    )
    assert texts(criteria.inclusion) == ["Men", "Stable partner"]
    assert texts(criteria.exclusion) == ["Stroke within 6 months", "Use of nitrates"]
    numbered = parse("Inclusion Criteria: 1. Age 18 to 65 2. Walks 3. Reads Exclusion Criteria: Dementia")
    assert texts(numbered.inclusion) == ["Age 18 to 65", "Walks", "Reads"]
    assert texts(numbered.exclusion) == ["Dementia"]


def test_exclusion_in_the_middle_of_a_point_starts_the_other_list() -> None:
    criteria = parse(
        "Inclusion Criteria:\n\n* Adults\n* Stable heterosexual relationship Exclusion Criteria:\n* Stroke"
    )
    assert texts(criteria.inclusion) == ["Adults", "Stable heterosexual relationship"]
    assert texts(criteria.exclusion) == ["Stroke"]


def test_a_list_without_heading_before_exclusions_is_the_inclusion_list() -> None:
    criteria = parse("* Adults\n\nExclusion Criteria:\n\n* Stroke")
    assert texts(criteria.inclusion) == ["Adults"]
    assert criteria.is_split


def test_text_without_either_word_is_kept_whole_and_not_split() -> None:
    criteria = parse("Adults with pain for three months or more.")
    assert not criteria.is_split
    assert texts(criteria.other) == ["Adults with pain for three months or more."]


def test_a_heading_without_points_leaves_the_text_unsplit() -> None:
    assert not parse("Inclusion Criteria:\n\n* Veterans\n\nExclusion Criteria:").is_split


def test_depth_is_capped_and_nothing_lost() -> None:
    text = "\n".join(" " * (2 * depth) + f"* level{depth}" for depth in range(300))
    criteria = parse(text)
    assert [item.text for item in walk(criteria.other)] == [f"level{depth}" for depth in range(300)]

    def height(items: tuple[Criterion, ...]) -> int:
        return 1 + max((height(item.children) for item in items), default=-1) if items else 0

    assert height(criteria.other) <= 6


@pytest.mark.parametrize(
    "unit",
    [
        "* a criterion of some words\n",
        "Inclusion Criteria: x ",
        " " * 40 + "* deep\n",
        "1. a ",
        "- a",
        "**a",
        "(" * 5,
        "\\",
    ],
)
def test_fifty_thousand_characters_parse_in_under_a_second(unit: str) -> None:
    started = time.perf_counter()
    parse(unit * (50_000 // len(unit)))
    assert time.perf_counter() - started < 1


@settings(deadline=None)
@given(st.lists(st.sampled_from(
    ["Inclusion Criteria:", "* Exclusion Criteria:", "- a b", "   1. Liver:", "  * x \\> 2", "", "Cohort A", "II) then",
     "AGE:", "plain words here.", "Men Exclusion Criteria: - one - two", "\\- minus", "a) first", "b) second",
     "**bold**"]
), max_size=25).map("\n".join))  # fmt: skip
def test_no_word_is_lost_whatever_the_shape(text: str) -> None:
    assert words(" ".join(emitted(parse(text)))) == words(unescape(text))


@given(st.text(max_size=300))
def test_any_text_parses(text: str) -> None:
    assert isinstance(parse(text), Criteria)


@needs_records
def test_real_records_lose_no_word_and_nearly_all_split() -> None:
    split = 0
    for record in real_records():
        criteria = parse(record.eligibility)
        split += criteria.is_split
        source = re.sub(r"(?m)^ *o (?=[A-Z])", "", unescape(record.eligibility))  # a typed bullet
        found = " ".join(emitted(criteria))
        assert words(found) == words(source), record.nct_id
        assert "\\>" not in found
    assert split >= 800


@pytest.mark.parametrize(
    "heading", ["Inclsuion Criteria:", "Inclusion Crtieria:", "Key Incluson Criteria:", "INCLUSION CRITERA:"]
)
def test_a_slip_in_a_heading_is_still_that_heading(heading: str) -> None:
    text = "{}\n\n* Works nights\n\nExclusion Criteria:\n\n* Allergy to tea"
    slipped = parse(text.format(heading))
    assert [item.text for item in slipped.inclusion] == ["Works nights"]
    assert [item.text for item in slipped.exclusion] == ["Allergy to tea"]
