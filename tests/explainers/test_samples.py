"""The demo's own texts."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from explainers import readability, rendering
from explainers.content import LISTS, RICH
from explainers.marking import CITATION
from explainers.models import PlainSummary
from explainers.samples import CONTENT
from tests.explainers.factories import make_trial

SUMMARIES = json.loads((CONTENT / "summaries.json").read_text())
EXPLAINERS = json.loads((CONTENT / "explainers.json").read_text())
LOGINS = {"admin": "a-long-password-1", "editor": "a-long-password-2", "reviewer": "a-long-password-3"}


@pytest.fixture
def demo(db, monkeypatch):
    monkeypatch.setenv("DEMO_LOGINS", json.dumps(LOGINS))
    make_trial("NCT07103668")

    def run():
        out = StringIO()
        call_command("demo_data", stdout=out)
        return out.getvalue()

    return run


def test_the_demo_makes_its_accounts_with_their_roles(demo, client):
    assert demo() == ""
    assert User.objects.get(username="admin").is_superuser
    assert [group.name for group in User.objects.get(username="editor").groups.all()] == ["Editor"]
    assert [group.name for group in User.objects.get(username="reviewer").groups.all()] == ["Reviewer"]
    assert all(client.login(username=name, password=password) for name, password in LOGINS.items())


def test_the_samples_are_published_marked_and_signed_by_the_demo_accounts(demo):
    demo()
    summary = PlainSummary.objects.get()
    assert summary.is_published
    assert summary.is_sample
    assert (summary.author_name, summary.reviewer_name) == (
        "Demo editor, sample account", "Demo reviewer, sample account")  # fmt: skip


def test_a_second_start_changes_nothing(demo):
    demo()
    before = list(PlainSummary.objects.values()), list(User.objects.values())
    demo()
    assert (list(PlainSummary.objects.values()), list(User.objects.values())) == before


def test_trials_that_arrive_later_get_their_text_at_the_next_start(demo):
    demo()
    make_trial("NCT03323944")
    demo()
    assert PlainSummary.objects.published().count() == 2


def texts_of(entry):
    lists = [f"{item['label']}. {item['text']}" for kind in LISTS for item in entry[kind]]
    rich = [rendering.words_of(entry[name]) for name in RICH]
    plain = [entry[name] for name in ("dek", "key_takeaway", "short_answer", "caution")]
    return CITATION.sub("", "\n".join([*plain, *rich, *lists, *(faq["answer"] for faq in entry["faqs"])]))


@pytest.mark.parametrize("entry", EXPLAINERS, ids=lambda entry: entry["slug"])
def test_a_sample_explainer_reads_at_grade_nine_or_below(entry):
    assert readability.grade(texts_of(entry)) <= 9
    assert "!" not in texts_of(entry)


def test_the_glossary_explains_at_least_25_words_in_plain_ones():
    definitions = [entry["definition"] for entry in json.loads((CONTENT / "glossary.json").read_text())]
    assert len(definitions) >= 25
    assert readability.grade("\n".join(definitions)) <= 8


def test_missing_logins_are_told(db, monkeypatch):
    monkeypatch.setenv("DEMO_LOGINS", "{}")
    with pytest.raises(CommandError, match="editor and reviewer"):
        call_command("demo_data")


@pytest.mark.parametrize("text", SUMMARIES, ids=lambda text: text["nct_id"])
def test_a_sample_headline_is_in_sentence_case(text):
    words = [word for word in text["title"].split() if word[0].isalpha()]
    assert 4 <= len(words) <= 16
    assert sum(word[0].isupper() for word in words[1:]) < len(words) / 2


@pytest.mark.parametrize("text", SUMMARIES, ids=lambda text: text["nct_id"])
def test_a_sample_promises_nothing(text):
    assert "!" not in "".join(text.values())
    assert any(word in text["could_lead_to"].split() for word in ("could", "may", "might"))
