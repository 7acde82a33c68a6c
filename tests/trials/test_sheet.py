"""The appointment sheet: chosen by address, short enough for a page, the same as plain text."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import SyncRunFactory, TrialChangeFactory, TrialFactory, study
from tests.real_records import needs_records, real_records
from trials.pages import questions
from trials.pages.appointment import cut
from trials.pages.nearest import asked_place, nearest
from trials.records import TrialRecord, parse

BOSTON = (42.35843, -71.05977)


def site(city: str, point: tuple[float, float] | None, status: str = "RECRUITING") -> dict[str, object]:
    out: dict[str, object] = {"facility": f"{city} Hospital", "city": city, "country": "United States"}
    if status:
        out["status"] = status
    return out | ({"geoPoint": {"lat": point[0], "lon": point[1]}} if point else {})


def record(*sites: dict[str, object], **modules: dict[str, object]) -> TrialRecord:
    return parse(study(contactsLocationsModule={"locations": list(sites)}, **modules))


def slugs(of: TrialRecord) -> set[str]:
    return {question.slug for question in questions.for_trial(of)}


def test_the_nearest_site_that_may_be_open_comes_first() -> None:
    place = asked_place("Boston, MA").place
    found = nearest(
        record(
            site("Nowhere", None),
            site("Denver", (39.74, -104.98)),
            site("Worcester", (42.26, -71.8), "COMPLETED"),
            site("Providence", (41.82, -71.41), ""),
        ),
        place,
        4,
    )
    assert [(each.facility, each.distance, each.status) for each in found] == [
        ("Providence Hospital", "41 mi", "status not stated"),
        ("Denver Hospital", "1,765 mi", "recruiting"),
        ("Nowhere Hospital", "", "recruiting"),
        ("Worcester Hospital", "38 mi", "completed"),
    ]


@pytest.mark.parametrize("text", ["Qwertyville", "91, 0", "0,181", "\x00", "a" * 900])
def test_a_place_that_we_do_not_know_is_said(text: str) -> None:
    asked = asked_place(text)
    assert asked.place is None
    assert bool(asked.problem) == bool(text.strip("\x00"))


def test_questions_follow_phase_arms_and_substance() -> None:
    assert {"placebo", "works", "group", "told", "medicines"} <= slugs(parse(study()))
    assert "dose" not in slugs(parse(study()))
    early = study(designModule={"phases": ["PHASE1"], "designInfo": {}}, armsInterventionsModule={
        "armGroups": [], "interventions": [{"type": "BIOLOGICAL", "name": "CD19 CAR-T cells"}]})  # fmt: skip
    assert {"dose", "cells", "medicines"} <= slugs(parse(early))
    assert not {"placebo", "group", "told", "works"} & slugs(parse(early))
    watched = study(designModule={"studyType": "OBSERVATIONAL", "phases": []}, armsInterventionsModule={
        "armGroups": [], "interventions": []})  # fmt: skip
    assert not {"instead", "medicines", "night"} & slugs(parse(watched))
    assert {"data", "visits"} <= slugs(parse(watched))


@pytest.mark.parametrize(
    "masking, is_asked",
    [
        ({"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]}, True),
        ({"masking": "SINGLE", "whoMasked": ["OUTCOMES_ASSESSOR"]}, False),
        ({"masking": "DOUBLE"}, True),
        ({"masking": "NONE"}, False),
    ],
)
def test_only_who_does_not_know_asks_what_it_was(masking: dict[str, object], is_asked: bool) -> None:
    assert ("told" in slugs(parse(study(designModule={"designInfo": {"maskingInfo": masking}})))) == is_asked


@pytest.mark.parametrize(
    "label, asked", [("Placebo", {"placebo"}), ("Sham device", {"sham"}), ("Usual care", set()), ("Control", {"sham"})]
)
def test_a_comparison_is_asked_about_by_what_it_is(label: str, asked: set[str]) -> None:
    arms = {"armGroups": [{"label": label, "type": "SHAM_COMPARATOR"}], "interventions": []}
    assert {"placebo", "sham"} & slugs(parse(study(armsInterventionsModule=arms))) == asked


@needs_records
def test_every_record_has_questions_and_none_twice() -> None:
    for each in real_records():
        offered = questions.for_trial(each)
        assert len(offered) >= 6, each.nct_id
        assert len({question.text for question in offered}) == len(offered)


@pytest.mark.django_db
def test_only_what_was_ticked_is_on_the_sheet(client: Client) -> None:
    trial = TrialFactory()
    html = client.get(f"/trials/{trial.nct_id}/sheet/?chosen=1&ask-cost=1&ask-none=1").content.decode()
    paper = html[html.index('class="paper"') :]
    assert "What would I have to pay" in paper
    assert "Can I leave at any time" not in paper
    nothing = client.get(f"/trials/{trial.nct_id}/sheet/?chosen=1").content.decode()
    assert "Questions to ask</h3>" not in nothing[nothing.index('class="paper"') :]


@pytest.mark.django_db
def test_more_than_fits_is_not_printed(client: Client) -> None:
    trial = TrialFactory()
    every = "&".join(f"ask-{question.slug}=1" for question in questions.for_trial(trial.record))
    html = client.get(f"/trials/{trial.nct_id}/sheet/?{every}").content.decode()
    assert html.count('<span class="line" aria-hidden="true">') == questions.MOST


@pytest.mark.django_db
def test_the_sheet_names_the_nearest_site_and_asks_three_things_of_the_database(client: Client) -> None:
    SyncRunFactory()
    trial = TrialFactory(version=2)
    TrialChangeFactory(trial=trial)
    client.get(f"/trials/{trial.nct_id}/sheet/")
    with CaptureQueriesContext(connection) as caught:
        html = client.get(f"/trials/{trial.nct_id}/sheet/?near=Boston").content.decode()
    assert len(caught) <= 3
    assert "Nearest to Boston, MA" in html
    assert "<b>under 1 mi</b>" in html
    assert trial.changes.get().sentence in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["near=%00", "near=91,0", "near=" + "a" * 900, "ask-%27=1" * 30, "chosen=", "near=Qwertyville"]
)
def test_odd_choices_get_a_sheet(client: Client, query: str) -> None:
    trial = TrialFactory()
    for name in ("sheet/", "sheet.txt"):
        assert client.get(f"/trials/{trial.nct_id}/{name}?{query}").status_code in (200, 400)


@pytest.mark.django_db
def test_plain_text_says_the_same_and_keeps_to_its_width(client: Client) -> None:
    trial = TrialFactory(version=2)
    TrialChangeFactory(trial=trial)
    response = client.get(f"/trials/{trial.nct_id}/sheet.txt?near=Boston&ask-cost=1")
    text = response.content.decode()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Robots-Tag"] == "noindex"
    for words in ("Green Tea for Tired Nurses", trial.nct_id, "under 1 mi", "What would I have to pay", "____"):
        assert words in text
    assert "Can I leave" not in text
    assert "ada@example.org" not in text
    assert max(map(len, text.splitlines())) <= 78


def test_a_long_text_ends_with_a_sentence_or_says_that_it_goes_on() -> None:
    assert cut("One. Two. Three.", 12) == "One. Two."
    assert cut("one two three four", 12) == "one two …"
    assert cut("short", 12) == "short"
