"""A title that goes on and on is shown as far as one reads; the registry has the rest."""

import pytest
from django.test import Client

from tests.factories import TrialFactory, study
from trials.records import LONGEST_TITLE, parse
from trials.text import shortened


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("", 5, ""), ("abcde", 5, "abcde"), ("abcdef", 5, "abcd…"), ("ab cdefg", 5, "ab…"), ("a bcdefgh", 7, "a bcde…"),
    ],
)  # fmt: skip
def test_a_text_is_cut_between_words_and_marked(text: str, most: int, shown: str) -> None:
    assert shortened(text, most) == shown
    assert len(shown) <= most


def test_titles_up_to_the_limit_are_whole() -> None:
    title = "x" * LONGEST_TITLE
    record = parse(study(identificationModule={"briefTitle": title, "officialTitle": title + "y"}))
    assert record.brief_title == title
    assert record.official_title == title[:-1] + "…"


@pytest.mark.django_db
def test_a_title_of_two_hundred_thousand_characters_makes_no_megabyte(client: Client) -> None:
    raw = study("NCT99000001", identificationModule={"briefTitle": "Tea " * 50_000, "officialTitle": "Tea " * 50_000})
    record = parse(raw)
    TrialFactory(nct_id="NCT99000001", brief_title=record.brief_title, document=raw)
    for path in ("/trials/NCT99000001/", "/trials/NCT99000001.json", "/trials/NCT99000001/sheet/"):
        response = client.get(path)
        assert response.status_code == 200
        assert len(response.content) < 60_000, path
