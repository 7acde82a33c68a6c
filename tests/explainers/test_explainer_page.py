"""The page of an explainer, its index, its feed: the reference explainers rebuilt from data alone."""

import json
import re

import feedparser
import pytest
from django.contrib.auth.models import User

from explainers.models import Explainer, ExplainerVersion
from explainers.samples import load_samples
from tests.explainers.factories import UserFactory
from tests.factories import ConditionFactory, TrialFactory

ARTICLE = "/explainers/claudin-18-2-car-t-cells/"
QUESTION = "/explainers/car-t-cells-in-stomach-cancer/"


@pytest.fixture
def samples(db):
    TrialFactory(nct_id="NCT07103668", status="RECRUITING", brief_title="A trial of IMC002")
    ConditionFactory(name="gastric adenocarcinoma", slug="gastric-adenocarcinoma")
    load_samples(editor=UserFactory(username="editor"), reviewer=UserFactory(username="reviewer"))


@pytest.fixture
def article(samples, client):
    return client.get(ARTICLE).content.decode()


@pytest.fixture
def question(samples, client):
    return client.get(QUESTION).content.decode()


def headings(html):
    return [re.sub(r"<[^>]+>", "", h).strip() for h in re.findall(r"<h2[^>]*>(.*?)</h2>", html, re.S)]


def ld(html):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)[1])["@graph"]


def test_the_article_has_every_element_of_the_reference_article(article):
    top = article[: article.index("</h1>")]
    assert "/explainers/category/cell-therapy/" in top
    assert '<p class="lead dek">' in article
    assert set(headings(article)) >= {
        "What did the researchers want to know?", "What did they find?", "How strong is the evidence?", "Our view",
        "Common questions", "Key takeaway", "Sources", "Related explainers",
    }  # fmt: skip
    assert 'href="https://doi.org/10.1038/s41591-024-03037-z"' in article
    assert re.search(r'<p>[^<]*<a href="/explainers/car-t-cells-in-stomach-cancer/"', article)
    assert 'href="/disclaimer/"' in article


def test_the_question_has_every_element_of_the_reference_answer(question):
    assert "<h1>How do CAR T cells work in stomach cancer?</h1>" in question
    assert 'href="/conditions/gastric-adenocarcinoma/"' in question
    found = headings(question)
    assert found.index("Short answer") < found.index("How it works, step by step") < found.index("What research shows")
    assert {"Why this is hard to do", "Where things stand", "Questions to ask your care team",
            "Where to find more information", "What to keep in mind"} <= set(found)  # fmt: skip
    assert len(re.findall(r"<li><strong>", question)) == 10
    assert 'As of <time datetime="2026-05-20">May 20, 2026</time>' in question
    assert "not medical advice" in question
    assert 'name="email"' in question
    assert 'type="file"' not in question


def test_citations_count_in_the_order_of_first_use_and_lead_both_ways(article):
    marks = re.findall(r'<a id="(cite-\d+-\d+)" href="#ref-(\d+)"[^>]*>\[(\d+)\]</a>', article)
    numbers = [int(number) for _id, _ref, number in marks]
    assert list(dict.fromkeys(numbers)) == sorted(set(numbers))
    assert len(numbers) > len(set(numbers))
    for anchor, ref, number in marks:
        assert ref == number
        assert f'id="ref-{ref}"' in article
        assert f'href="#{anchor}"' in article


def test_who_wrote_and_checked_it_and_when_stands_on_the_page(article):
    line = re.search(r'<p class="meta byline">(.*?)</p>', article, re.S)[1]
    text = re.sub(r"<[^>]+>", "", line)
    assert "Written by editor" in text
    assert "checked by reviewer" in text
    assert re.search(r"Published \w{3} \d+, 2\d{3}", text)
    assert re.search(r"last reviewed \w{3} \d+, 2\d{3}", text)
    assert "next review" in text
    assert "Sample text, not checked by a clinician." in article


def test_a_trial_is_named_with_its_status_of_today(article, client):
    assert 'href="/trials/NCT07103668/">NCT07103668</a> <span class="trial-status">(recruiting)</span>' in article
    from trials.models import Trial

    Trial.objects.filter(nct_id="NCT07103668").update(status="TERMINATED")
    assert "(terminated)" in client.get(ARTICLE).content.decode()


def test_a_trial_we_do_not_store_leads_to_the_registry(article):
    assert 'href="https://clinicaltrials.gov/study/NCT04581473"' in article


def test_a_glossary_word_is_marked_once_and_explained_on_the_page(question):
    assert question.count('href="#word-car-t-cell"') == 1
    assert 'id="word-car-t-cell"' in question


def test_machines_read_the_article_its_review_and_its_questions(article):
    kinds = {part["@type"] if isinstance(part["@type"], str) else part["@type"][0]: part for part in ld(article)}
    assert kinds["Article"]["headline"].startswith("What did the 2024 Claudin18.2")
    assert kinds["MedicalWebPage"]["reviewedBy"]["name"] == "reviewer"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", kinds["MedicalWebPage"]["lastReviewed"])
    assert len(kinds["FAQPage"]["mainEntity"]) == 3
    assert "[2]" not in json.dumps(kinds["FAQPage"])


def test_a_question_is_a_question_for_machines(question):
    answers = [part["mainEntity"] for part in ld(question) if "QAPage" in part["@type"]]
    assert answers[0]["@type"] == "Question"


def test_a_draft_is_not_found_and_a_withdrawn_text_is_gone(samples, client):
    Explainer.objects.filter(slug="what-a-phase-tells-you").update(state="draft")
    assert client.get("/explainers/what-a-phase-tells-you/").status_code == 404
    Explainer.objects.filter(slug="what-a-phase-tells-you").update(
        state="withdrawn", withdrawn_because="Old.", withdrawn_at="2026-01-01T00:00Z"
    )
    assert client.get("/explainers/what-a-phase-tells-you/").status_code == 410


def test_an_edit_does_not_show_before_it_is_approved(samples, client):
    Explainer.objects.update(title="A new title", dek="New")
    assert "A new title" not in client.get(ARTICLE).content.decode()
    assert "A new title" not in client.get("/explainers/").content.decode()
    assert "A new title" not in client.get("/explainers/feed/").content.decode()


def test_the_index_lists_categories_and_finds_by_word(samples, client):
    assert client.get("/explainers/").content.decode().count('<li class="card">') == 3
    found = client.get("/explainers/", {"q": "apheresis leukemia"}).content.decode()
    assert found.count('<li class="card">') == 0
    assert "No explainer has all these words" in found
    assert client.get("/explainers/", {"q": "leukemia virus"}).content.decode().count('<li class="card">') == 1


def test_the_index_can_be_kept_to_a_condition(samples, client):
    page = client.get("/explainers/", {"condition": "gastric-adenocarcinoma"}).content.decode()
    assert page.count('<li class="card">') == 2
    assert client.get("/explainers/", {"condition": "\0nonsense"}).status_code in (200, 400)


@pytest.mark.parametrize("q", ["%", "\0", "'; drop table", "a" * 5000, "<script>"])
def test_an_odd_search_is_answered(samples, client, q):
    response = client.get("/explainers/", {"q": q, "page": "x"})
    assert response.status_code in (200, 400, 414)
    assert b"<script>" not in response.content.replace(b'<script type="application/ld+json">', b"")


def test_a_category_lists_its_texts(samples, client):
    page = client.get("/explainers/category/taking-part/").content.decode()
    assert page.count('<li class="card">') == 1
    assert client.get("/explainers/category/none/").status_code == 404


def test_the_feed_is_sound_and_answers_not_modified(samples, client):
    response = client.get("/explainers/feed/")
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert len({entry.id for entry in feed.entries}) == 3
    assert any("49 of every 100" in entry.summary for entry in feed.entries)
    assert client.get("/explainers/feed/", headers={"if-none-match": response["ETag"]}).status_code == 304


def test_the_glossary_lists_at_least_25_words(samples, client):
    page = client.get("/glossary/").content.decode()
    assert page.count("<dt>") >= 25
    assert 'id="apheresis"' in page
    assert "DefinedTermSet" in page


def test_the_page_asks_the_database_a_fixed_number_of_questions(samples, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        client.get(ARTICLE)


def test_loading_the_samples_twice_adds_nothing(samples):
    editor, reviewer = User.objects.get(username="editor"), User.objects.get(username="reviewer")
    before = ExplainerVersion.objects.count()
    assert load_samples(editor=editor, reviewer=reviewer) == 0
    assert ExplainerVersion.objects.count() == before
