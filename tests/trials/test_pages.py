"""Home, lists, conditions, changes, sheet, comparison, open data and feeds."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest
from django.test import Client

from tests.factories import EARLIER, ConditionFactory, TrialChangeFactory, TrialFactory, study
from tests.trials.test_trial_page import explainer_named
from trials.models import Condition, Trial, TrialCondition, TrialVersion
from trials.packing import pack

pytestmark = pytest.mark.django_db


def get(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


def linked(html: str) -> list[str]:
    return re.findall(r'<h[23]><a href="/trials/(NCT\d{8})/">', html)


def about(trial: Trial, condition: Condition) -> None:
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)


def test_home_shows_search_newest_changes_and_conditions(client: Client) -> None:
    trial = TrialFactory(version=2, first_posted="2026-06-20")
    TrialChangeFactory(trial=trial, old="NOT_YET_RECRUITING", new="RECRUITING", kind="status_opened", field="status")
    ConditionFactory(name="fatigue", trial_count=1, open_count=1)
    html = get(client, "/")
    assert 'name="q"' in html
    assert linked(html) == [trial.nct_id]
    assert '<a href="/conditions/fatigue/">fatigue</a>' in html
    assert trial.changes.get().sentence in html
    assert '"WebSite"' in html


def test_home_of_an_empty_site_says_so(client: Client) -> None:
    assert "No trials are loaded yet" in get(client, "/")


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=abc", "page=99999999999999999999", "q=%00", "q=%FF%FE", "q=" + "a" * 3000, "age=-1", "age=1e400",
     "sort=zzz", "status=zzz&phase=zzz&type=zzz&country=zzz&state=zzz&sex=zzz&condition=zzz", "q=%27%29%3B--"],
)  # fmt: skip
def test_odd_questions_get_a_clear_answer(client: Client, query: str) -> None:
    TrialFactory()
    assert client.get(f"/trials/?{query}").status_code in (200, 400, 414)


def test_conditions_from_a_to_z(client: Client) -> None:
    ConditionFactory(name="asthma", trial_count=2)
    ConditionFactory(name="2q37 deletion", trial_count=1)
    ConditionFactory(name="without trials")
    ConditionFactory(name="hidden one", trial_count=3, is_hidden=True)
    html = get(client, "/conditions/")
    assert re.findall(r'<h2 id="letter-\d+">(.)</h2>', html) == ["#", "A"]
    assert "without trials" not in html
    assert "hidden one" not in html


def test_many_conditions_come_by_letter_and_every_letter_leads_somewhere(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("trials.views.conditions.WHOLE", 2)
    monkeypatch.setattr("trials.views.conditions.PER_PAGE", 1)
    for name, open_count in (("asthma", 1), ("Arthritis", 0), ("zoster", 5), ("2q37 deletion", 0)):
        ConditionFactory(name=name, trial_count=6, open_count=open_count)
    first = get(client, "/conditions/")
    assert re.findall(r'<li><a href="/conditions/([\w-]+)/">', first) == ["zoster", "asthma"]
    assert re.findall(r'href="\?letter=([^"]+)"', first) == ["%23", "A", "Z"]
    page, rest = get(client, "/conditions/?letter=a"), get(client, "/conditions/?letter=A&page=2")
    assert ">Arthritis</a>" in page
    assert '<a rel="next" href="?letter=A&amp;page=2">' in page
    assert ">asthma</a>" in rest
    assert ">2q37 deletion</a>" in get(client, "/conditions/?letter=%23")
    assert "There is no page 9." in get(client, "/conditions/?letter=A&page=9")


def test_condition_page_has_form_and_feed(client: Client) -> None:
    ConditionFactory(name="asthma", trial_count=3, open_count=1)
    html = get(client, "/conditions/asthma/")
    assert 'name="condition" value="asthma"' in html
    assert 'name="trial"' not in html
    assert 'href="/conditions/asthma/feed/"' in html


def test_merged_condition_redirects_and_hidden_one_is_not_there(client: Client) -> None:
    kept = ConditionFactory(name="asthma")
    ConditionFactory(name="bronchial asthma", slug="bronchial-asthma", merged_into=kept)
    ConditionFactory(name="recurrence", is_hidden=True)
    response = client.get("/conditions/bronchial-asthma/")
    assert (response.status_code, response["Location"]) == (301, "/conditions/asthma/")
    get(client, "/conditions/recurrence/", status=404)


def test_changes_lists_every_update_and_the_first_sight(client: Client) -> None:
    trial = TrialFactory(version=3)
    TrialChangeFactory(trial=trial, version=2)
    TrialChangeFactory(trial=trial, version=3)
    html = get(client, f"/trials/{trial.nct_id}/changes/")
    assert re.findall(r"· version (\d)", html) == ["3", "2", "1"]


def test_one_update_shows_old_and_new_with_words_beside_colour(client: Client) -> None:
    trial = TrialFactory(version=2)
    TrialChangeFactory(
        trial=trial, field="enrollment", kind="enrollment", old={"count": 120, "type": "ESTIMATED"},
        new={"count": 150, "type": "ESTIMATED"},
    )  # fmt: skip
    html = get(client, f"/trials/{trial.nct_id}/changes/2/")
    assert '<span class="cue">Before</span> <del>120 planned</del>' in html
    assert '<span class="cue">Now</span> <ins>150 planned</ins>' in html


def test_long_texts_are_compared_word_by_word(client: Client) -> None:
    trial = TrialFactory(version=2)
    old = "This study tests green tea in tired nurses who work at night in three hospitals of the county."
    TrialChangeFactory(
        trial=trial, field="brief_summary", kind="brief_summary", old=old, new=old.replace("three", "five")
    )
    html = get(client, f"/trials/{trial.nct_id}/changes/2/")
    assert re.search(r"<del><span[^>]*> \[removed:\] </span>three", html)
    assert re.search(r"<ins><span[^>]*> \[added:\] </span>five", html)


def test_changed_criteria_are_told_one_by_one(client: Client) -> None:
    trial = TrialFactory(version=2)
    edited = [{"list": "inclusion", "text": "Age 18"}], [{"list": "inclusion", "text": "Age 21"}]
    old = {"removed": [{"list": "exclusion", "text": "Allergy to tea"}], "edited": edited[0]}
    new = {"added": [{"list": "inclusion", "text": "Works nights"}], "edited": edited[1]}
    TrialChangeFactory(trial=trial, field="eligibility", kind="eligibility", old=old, new=new)
    html = get(client, f"/trials/{trial.nct_id}/changes/2/")
    assert "<del>Allergy to tea</del>" in html
    assert "<ins>Works nights</ins>" in html
    assert re.search(r"Before</span> <del>Age 18[^<]*</del><br><span class=\"cue\">Now</span> <ins>Age 21", html)


@pytest.mark.parametrize("version", [1, 3, 999])
def test_an_update_that_never_was_is_404(client: Client, version: int) -> None:
    trial = TrialFactory(version=2)
    TrialChangeFactory(trial=trial)
    get(client, f"/trials/{trial.nct_id}/changes/{version}/", status=404)


def test_sheet_has_questions_that_fit_the_record(client: Client) -> None:
    trial = TrialFactory()
    html = get(client, f"/trials/{trial.nct_id}/sheet/")
    assert "How likely is it that I get the placebo" in html
    assert "+1-555-0100" not in html


def test_compare_puts_two_side_by_side_and_names_what_is_missing(client: Client) -> None:
    one, two = TrialFactory(), TrialFactory()
    html = get(client, f"/trials/compare/?id={one.nct_id}&id={two.nct_id.lower()}&id=NCT99999998")
    assert linked(html) == [one.nct_id, two.nct_id]
    assert "We do not have: NCT99999998." in html


@pytest.mark.parametrize("query", ["", "id=", "id=%00", "id=NCT07103668", "&".join(["id=NCT07103668"] * 40)])
def test_compare_takes_odd_questions(client: Client, query: str) -> None:
    assert client.get(f"/trials/compare/?{query}").status_code in (200, 400)


def _values(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    else:
        yield str(node)


def test_twin_has_the_record_and_no_contact(client: Client) -> None:
    raw = study(descriptionModule={"briefSummary": "Write to eve@example.org or call +1 555 010 0199."})
    trial = TrialFactory(nct_id="NCT99000001", document=raw)
    data = json.loads(get(client, f"/trials/{trial.nct_id}.json"))
    assert data["record"]["brief_title"] == "Green Tea for Tired Nurses"
    words = " ".join(_values(data))
    for secret in ("Ada Sample", "ada@", "555-0100", "eve@", "010 0199", "contacts"):
        assert secret not in words, secret


def test_a_condition_has_a_twin(client: Client) -> None:
    condition = ConditionFactory(name="asthma")
    trial = TrialFactory()
    about(trial, condition)
    assert json.loads(get(client, "/conditions/asthma.json"))["trials"][0]["nct_id"] == trial.nct_id


@pytest.mark.parametrize("path", ["/trials/NCT99000001/feed/", "/conditions/asthma/feed/", "/changes/feed/"])
def test_feeds_are_atom_with_stable_ids_and_answer_304(client: Client, path: str) -> None:
    trial = TrialFactory(nct_id="NCT99000001", version=2)
    about(trial, ConditionFactory(name="asthma"))
    TrialChangeFactory(trial=trial)
    TrialChangeFactory(trial=trial, field="sponsor", kind="sponsor", old="A", new="B")
    response = client.get(path)
    feed = feedparser.parse(response.content)
    assert (feed.version, bool(feed.bozo)) == ("atom10", False)
    assert [entry.id for entry in feed.entries] == ["urn:plaintrials:NCT99000001:2"]
    assert feed.entries[0].link.endswith("/trials/NCT99000001/changes/2/")
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_empty_feed_is_sound(client: Client) -> None:
    feed = feedparser.parse(client.get("/changes/feed/").content)
    assert not feed.bozo
    assert feed.feed.updated


def keep(trial: Trial, version: int, **modules: Any) -> None:
    """The study as it was at that version."""
    TrialVersion.objects.create(
        trial=trial, version=version, packed=pack(study(trial.nct_id, **modules)), replaced_at=EARLIER
    )


@pytest.fixture
def changed_twice() -> Trial:
    """120 -> 150 people -> completed; the last version is the stored study."""
    now = study("NCT99000001", statusModule={"overallStatus": "COMPLETED"},
                designModule={"enrollmentInfo": {"count": 150, "type": "ESTIMATED"}})  # fmt: skip
    trial = TrialFactory(nct_id="NCT99000001", version=3, status="COMPLETED", document=now)
    keep(trial, 1)
    keep(trial, 2, designModule={"enrollmentInfo": {"count": 150, "type": "ESTIMATED"}})
    TrialChangeFactory(trial=trial, version=2, detected_at=datetime(2026, 6, 28, tzinfo=UTC))
    TrialChangeFactory(trial=trial, version=3, detected_at=datetime(2026, 6, 30, tzinfo=UTC))
    return trial


def test_any_two_versions_are_compared(client: Client, changed_twice: Trial) -> None:
    html = get(client, "/trials/NCT99000001/changes/?from=1&to=3")
    assert '<span class="cue">Before</span> <del>120 planned</del>' in html
    assert '<span class="cue">Now</span> <ins>150 planned</ins>' in html
    assert "<ins>Completed</ins>" in html
    assert re.search(r"Version 1, first seen.*Jun 27, 2026.*beside version 3, first seen.*Jun 30, 2026", html)
    assert "noindex" in html


def test_neighbouring_versions_show_only_what_lies_between(client: Client, changed_twice: Trial) -> None:
    html = get(client, "/trials/NCT99000001/changes/?from=2&to=3")
    assert "<ins>Completed</ins>" in html
    assert "150 planned" not in html


def test_versions_in_the_wrong_order_are_put_right(client: Client, changed_twice: Trial) -> None:
    response = client.get("/trials/NCT99000001/changes/?from=3&to=1")
    assert (response.status_code, response["Location"]) == (302, "/trials/NCT99000001/changes/?from=1&to=3")


def test_one_version_twice_says_so(client: Client, changed_twice: Trial) -> None:
    assert "the same version twice" in get(client, "/trials/NCT99000001/changes/?from=2&to=2")


@pytest.mark.parametrize("query", ["from=1&to=9", "from=1", "to=3", "from=0&to=3", "from=x&to=3", "from=1&to=-1"])
def test_versions_that_we_do_not_have_are_404(client: Client, changed_twice: Trial, query: str) -> None:
    get(client, f"/trials/NCT99000001/changes/?{query}", status=404)


def test_the_changes_page_offers_the_comparison_where_there_are_two_versions(
    client: Client, changed_twice: Trial
) -> None:
    html = get(client, "/trials/NCT99000001/changes/")
    assert re.findall(r'<option value="(\d)"', html) == ["1", "2", "3", "3", "2", "1"]
    other = TrialFactory()
    assert 'name="from"' not in get(client, f"/trials/{other.nct_id}/changes/")


def test_a_stored_study_that_was_never_told_is_not_compared_in_its_place(client: Client, changed_twice: Trial) -> None:
    keep(changed_twice, 3, statusModule={"overallStatus": "WITHDRAWN"})
    assert "<ins>Completed</ins>" in get(client, "/trials/NCT99000001/changes/?from=1&to=3")


def test_old_contacts_are_not_in_a_comparison(client: Client, changed_twice: Trial) -> None:
    html = get(client, "/trials/NCT99000001/changes/?from=1&to=3")
    assert "555-0100" not in html
    assert "ada@example.org" not in html


def test_sitemap_lists_explainers_once_published(client: Client) -> None:
    explainer_named("Tea and tiredness", "published")
    explainer_named("Tea cures all", "withdrawn")
    part = get(client, "/sitemap.xml?part=0")
    assert "/explainers/tea-and-tiredness/</loc><lastmod>2026-07-02</lastmod>" in part
    assert "/explainers/category/sleep/" in part
    assert "tea-cures-all" not in part


def test_sitemap_lists_pages_and_trials_but_not_gone_ones(client: Client) -> None:
    here = TrialFactory()
    gone = TrialFactory(gone_at=datetime(2026, 7, 1, tzinfo=UTC))
    assert "sitemap.xml?part=1" in get(client, "/sitemap.xml")
    assert "/basics/" in get(client, "/sitemap.xml?part=0")
    trials = get(client, "/sitemap.xml?part=1")
    assert f"/trials/{here.nct_id}/" in trials
    assert gone.nct_id not in trials
    get(client, "/sitemap.xml?part=9", status=404)
    get(client, "/sitemap.xml?part=abc", status=404)
