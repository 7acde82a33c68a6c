from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils.safestring import mark_safe

from tests.factories import SyncRunFactory, TrialFactory
from trials.frames import frame
from trials.meta_tags import first_words, meta_tags
from trials.models import SyncRun

GAPS = ("CANONICAL", "body", "crumbs", "inside", "json_ld", "meta", "nct_id", "robots")


def pieces(**given: str) -> dict[str, str]:
    return {name: given.get(name, "") for name in GAPS}


def made() -> Any:
    return frame("trials/trial.html", GAPS, polled_at=None)


def test_each_gap_takes_its_own_piece() -> None:
    html = made().filled(pieces(body=mark_safe("<p>Green tea</p>"), nct_id="NCT99000001"))
    assert '<main id="main"' in html
    assert "<p>Green tea</p>" in html
    assert 'href="/trials/NCT99000001.json"' in html


def test_a_piece_that_is_not_marked_safe_is_escaped() -> None:
    assert "&lt;b&gt;tea&lt;/b&gt;" in made().filled(pieces(body="<b>tea</b>"))


def test_a_gaps_mark_in_a_piece_is_text_like_any_other() -> None:
    html = made().filled(pieces(body="\ue000nct_id\ue000", nct_id="NCT99000001"))
    assert "\ue000nct_id\ue000" in html


def test_a_template_without_the_gap_is_an_error_and_not_a_page_that_lacks_it() -> None:
    with pytest.raises(ValueError, match="no gap for headline"):
        frame("trials/trial.html", (*GAPS, "headline"), polled_at=None)


def test_a_frame_is_made_once_for_the_same_words_and_anew_for_others(settings: Any) -> None:
    first = made()
    assert made() is first
    settings.SITE_NAME = "Clear Trials"
    assert "Clear Trials" in made().filled(pieces())


@pytest.mark.django_db
def test_the_foot_of_a_page_tells_of_the_last_poll_and_not_of_the_one_before(client: Client) -> None:
    trial = TrialFactory()
    for day in (1, 2):
        at = datetime(2026, 7, day, 9, 30, tzinfo=UTC)
        SyncRunFactory(kind=SyncRun.Kind.INCREMENTAL, state=SyncRun.State.PUBLISHED, started_at=at, confirmed_at=at)
        html = client.get(trial.get_absolute_url()).content.decode()
        assert f'We last checked it on <time datetime="2026-07-0{day}">Jul {day}, 2026</time> at 09:30 UTC' in html


def test_a_long_title_goes_without_the_name_of_the_site() -> None:
    assert "<title>Tea · Plain Trials</title>" in meta_tags("Tea", "")
    assert f"<title>{'Tea ' * 20}</title>" in meta_tags("Tea " * 20, "")


def test_title_and_description_are_escaped() -> None:
    assert "<script>" not in meta_tags("<script>", '"><script>')


def test_a_description_is_cut_between_words() -> None:
    assert first_words("one two") == "one two"
    assert first_words("word " * 40) == "word " * 28 + "…"
