"""What a mail quotes of a changed rule about who can join."""

import pytest

from trials.changes import Change, Rank
from trials.criteria_diff import criteria_differences
from trials.rule_quotes import quoted_rule

BASE = "Inclusion Criteria:\n\n* Works nights\n{}\nExclusion Criteria:\n\n* Allergy to tea\n{}"


def quote(old: tuple[str, str], new: tuple[str, str]) -> str:
    (difference,) = criteria_differences(BASE.format(*old), BASE.format(*new))
    return quoted_rule(Change(difference.field, difference.kind, Rank.TELL_NOW, difference.old, difference.new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (("* BMI \\>= 30", ""), ("* BMI \\>= 35", ""), "Before: “BMI >= 30”. Now: “BMI >= 35”."),
        (("", "* Drinks 2 cups a day"), ("", "* Drinks 3 cups a day"),
         "Who cannot join, before: “Drinks 2 cups a day”. Now: “Drinks 3 cups a day”."),
        (("", ""), ("* Sleeps badly.", ""), "It says who can join: “Sleeps badly”."),
        (("", ""), ("", "* Is pregnant"), "It says who cannot join: “Is pregnant”."),
        (("* Sleeps badly", ""), ("", ""), "It said who could join: “Sleeps badly”."),
        (("", "* Is pregnant"), ("", ""), "It said who could not join: “Is pregnant”."),
        (("* Sleeps badly", ""), ("* Eats well", "* Is pregnant"), ""),
    ],
)  # fmt: skip
def test_the_one_rule_that_changed_is_quoted(old, new, words):
    assert quote(old, new) == words


def test_long_rules_are_quoted_by_how_they_begin_and_what_differs():
    head, tail = "Has a liver that is not well, " + "word " * 60, " and more" * 40
    said = quote((f"* {head}at least 30 years{tail}", ""), (f"* {head}at least 45 years{tail}", ""))
    for age in (30, 45):
        assert f"“Has a liver that is not … word word word word at least {age} years and more" in said
    assert len(said) < 440
    assert said.count("…”") == 2


def test_a_long_rule_that_differs_early_is_quoted_from_its_beginning():
    tail = " and more" * 40
    assert quote((f"* At least 30 years{tail}", ""), (f"* At least 45 years{tail}", "")).startswith(
        "Before: “At least 30 years and more"
    )


def test_contacts_in_a_rule_are_not_quoted():
    said = quote(("", ""), ("* Has called Dr. Ada at +1-555-010-0199 or ada@example.org before", ""))
    assert "ada@example.org" not in said


@pytest.mark.parametrize("kind", ["eligibility", "sex"])
def test_what_is_no_single_rule_has_no_quote(kind):
    assert quoted_rule(Change(kind, kind, Rank.TELL_NOW, None, None)) == ""
