"""What our texts said before stays public: dated, signed, comparable."""

from dataclasses import replace
from datetime import timedelta

import pytest

from explainers import publishing
from explainers.models import Category, Explainer
from explainers.publishing import explainers as steps
from tests.explainers.factories import NOON, TEXT, UserFactory, make_trial, published_summary
from tests.explainers.test_hostile_text import faults
from trials.models import Trial

pytestmark = pytest.mark.django_db
PATH = "/trials/NCT99000001/summary/"


@pytest.fixture
def twice():
    """Published from version 1 of the record, and by others from version 3."""
    summary = published_summary(make_trial("NCT99000001"))
    Trial.objects.update(version=3)
    author = UserFactory(first_name="New", last_name="Writer")
    changed = replace(TEXT, summary="This trial tests a new drug. About 150 people can take part.", active_substance="")
    summary = publishing.submit(publishing.save_draft(summary, changed, by=author), by=author)
    return publishing.publish(
        summary, by=UserFactory(first_name="New", last_name="Checker"), at=NOON + timedelta(days=31)
    )


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert faults(answer.content.decode()) == []
    return answer.content.decode()


def test_every_version_is_listed_with_date_author_reviewer_and_record(client, twice):
    page = shown(client, PATH)
    newest, earliest = page.index("Version 2"), page.index("Version 1,")
    assert newest < earliest
    for words in ("Jul 1, 2026", "Written by Ann Author", "checked by Rob Reviewer", "from version 1 of the record"):
        assert words in page[earliest:]
    for words in ("Aug 1, 2026", "Written by New Writer", "checked by New Checker", "from version 3 of the record"):
        assert words in page[newest:earliest]
    assert "About 120 people" in page
    assert "About 150 people" in page


def test_two_versions_are_compared_word_by_word(client, twice):
    page = shown(client, f"{PATH}?from=1&to=2")
    assert "[removed:] </span>120<span" in page
    assert "[added:] </span>150<span" in page
    assert "Active substance" in page
    assert "What could go wrong" not in page


def test_versions_in_the_wrong_order_are_turned_round(client, twice):
    assert client.get(f"{PATH}?from=2&to=1")["Location"] == f"{PATH}?from=1&to=2"


@pytest.mark.parametrize("asked", ["?from=1&to=9", "?from=x&to=1", "?to=1"])
def test_a_version_that_never_was_is_not_found(client, twice, asked):
    assert client.get(PATH + asked).status_code == 404


def test_a_draft_is_no_version(client, twice):
    publishing.save_draft(twice, replace(TEXT, summary="A secret draft."), by=UserFactory())
    assert "secret" not in shown(client, PATH)


def test_being_found_still_correct_is_told(client, twice):
    publishing.still_correct(twice, by=UserFactory(first_name="Ina", last_name="Reader"), at=NOON)
    assert "by Ina Reader, at version 3 of the record" in shown(client, PATH)


def test_the_trial_page_leads_there_and_a_trial_without_a_text_has_none(client, twice):
    assert f'href="{PATH}"' in shown(client, "/trials/NCT99000001/")
    make_trial("NCT99000002")
    assert client.get("/trials/NCT99000002/summary/").status_code == 404
    assert client.get("/trials/NCT99000003/summary/").status_code == 404
    assert client.get("/trials/nct99000001/summary/")["Location"] == PATH


def test_a_withdrawn_text_is_gone_with_all_its_versions(client, twice):
    publishing.withdraw(twice, because="Wrong dose", by=UserFactory())
    answer = client.get(PATH)
    assert answer.status_code == 410
    assert "people can take part" not in answer.content.decode()


def test_the_page_costs_the_same_however_many_versions(client, twice, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        client.get(PATH)


def test_an_explainer_lists_and_compares_its_versions(client):
    author, reviewer = UserFactory(), UserFactory(first_name="Rob", last_name="Reviewer")
    category = Category.objects.create(slug="c", name="C")
    row = Explainer.objects.create(
        slug="cells", category=category, title="Cells", dek="About cells.", body="<p>Old words.</p>", author=author,
        edited_at=NOON,
    )  # fmt: skip
    for body in ("<p>Old words.</p>", "<p>New words.</p>"):
        Explainer.objects.update(body=body)
        row = steps.saved(Explainer.objects.get(), by=author)
        steps.publish(steps.submit(row, by=author), by=reviewer, at=NOON)
    assert "Earlier versions" in shown(client, "/explainers/cells/")
    page = shown(client, "/explainers/cells/versions/")
    assert "Old words." in page
    assert "checked by Rob Reviewer" in page
    assert "[removed:] </span>Old<span" in shown(client, "/explainers/cells/versions/?from=1&to=2")
    steps.withdraw(row, because="Wrong", by=reviewer)
    assert client.get("/explainers/cells/versions/").status_code == 410
