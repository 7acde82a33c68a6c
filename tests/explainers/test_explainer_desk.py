"""Explainers in the admin: two people, blockers, conflicts, living links."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from explainers import living
from explainers.admin.glossary import unknown_words
from explainers.models import Category, Explainer, ExplainerVersion, Faq, GlossaryTerm
from explainers.publishing import PublishingError
from explainers.publishing import explainers as steps
from tests.explainers.factories import NOON, UserFactory, make_trial, member, published_summary
from tests.factories import TrialChangeFactory
from trials.models import Trial, TrialChange

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)


@pytest.fixture
def category():
    return Category.objects.create(name="Cell therapy", slug="cells")


def make(category, author=None, body="<p>Words about NCT99000001 [1].</p>", **kwargs):
    author = author or UserFactory()
    row = Explainer.objects.create(title="What are CAR T cells?", slug="cells", dek="A text.", body=body,
                                   category=category, author=author, edited_at=NOON, **kwargs)  # fmt: skip
    row.references.create(number=1, title="A paper", doi="10.1000/x")
    return steps.saved(row, by=author)


def published(category, **kwargs):
    row = make(category, **kwargs)
    steps.submit(row, by=row.author)
    return steps.publish(row, by=UserFactory())


def form_of(row, **changes):
    inlines = {f"{name}-{key}": value for name in ("items", "faqs", "references", "resources")
               for key, value in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))}  # fmt: skip
    fields = {"kind": row.kind, "title": row.title, "slug": row.slug, "category": row.category_id, "dek": row.dek,
              "body": row.body, "seen": row.revision}  # fmt: skip
    return {**inlines, **fields, **changes}


def test_an_editor_writes_and_a_reviewer_publishes(client, category):
    editor = member("Editor")
    row = make(category, author=editor)
    client.force_login(editor)
    path = f"/admin/explainers/explainer/{row.pk}/"
    client.post(path + "change/", form_of(row, title="How do CAR T cells work?"))
    row.refresh_from_db()
    client.post(path + "step/", {"step": "submit"})
    assert client.post(path + "step/", {"step": "publish"}).status_code == 403
    client.force_login(member("Reviewer"))
    client.post(path + "step/", {"step": "publish", "revision": row.revision})
    assert "How do CAR T cells work?" in client.get("/explainers/cells/").content.decode()


def test_nobody_approves_their_own_explainer(category):
    row = make(category)
    steps.submit(row, by=row.author)
    with pytest.raises(PublishingError, match="two people"):
        steps.publish(row, by=row.author)


def test_a_text_that_changed_after_it_was_read_is_not_published(category):
    row = make(category)
    read = row.revision
    steps.submit(steps.saved(row, by=row.author), by=row.author)
    with pytest.raises(PublishingError, match="changed since"):
        steps.publish(row, by=UserFactory(), revision=read)


@pytest.mark.parametrize(
    "body, said",
    [
        ("", "text is empty"),
        ("<p>See [7].</p>", r"names \[7\]"),
        ("<h2>What is it?</h2><p>" + "It helps many people a lot. " * 10 + "</p>", "names no source"),
    ],
)
def test_what_must_be_mended_keeps_a_text_from_the_page(category, body, said):
    row = make(category, body=body)
    steps.submit(row, by=row.author)
    with pytest.raises(PublishingError, match=said):
        steps.publish(row, by=UserFactory())


def test_our_view_needs_no_source(category):
    body = "<h2>What do we think?</h2><p>This is our view. " + "We like it a lot. " * 10 + "</p>"
    assert published(category, body=body).is_published


def test_a_doi_is_checked_by_its_shape(client, category):
    editor = member("Editor")
    row = make(category, author=editor)
    row.references.all().delete()
    client.force_login(editor)
    new = {"references-TOTAL_FORMS": 1, "references-0-number": 1, "references-0-title": "A paper"}
    path = f"/admin/explainers/explainer/{row.pk}/change/"
    answer = client.post(path, form_of(row, **new, **{"references-0-doi": "11.1/x"}))
    assert "A DOI looks like" in answer.content.decode()
    client.post(path, form_of(row, **new, **{"references-0-doi": "https://doi.org/10.1038/s41591-024-03037-z"}))
    assert row.references.get().doi == "10.1038/s41591-024-03037-z"


def test_the_second_of_two_savers_sees_both_texts(client, category):
    editor = member("Editor")
    row = make(category, author=editor)
    client.force_login(editor)
    path = f"/admin/explainers/explainer/{row.pk}/change/"
    client.post(path, form_of(row, dek="First of us"))
    page = client.post(path, form_of(row, dek="Second of us")).content.decode()
    assert "Saved by somebody else: First of us" in page
    assert "Second of us" in page
    row.refresh_from_db()
    assert row.dek == "First of us"
    Faq.objects.create(explainer=row, position=1, question="Of the first?", answer="Yes.")
    page = client.post(path, form_of(row, dek="Second of us", seen=0)).content.decode()
    assert "common questions: Of the first? Yes." in page
    client.post(path, form_of(row, dek="Second of us"))
    row.refresh_from_db()
    assert row.dek == "Second of us"
    history = client.get(f"/admin/explainers/explainer/{row.pk}/history/").content.decode()
    assert "First of us" in history


def test_saving_without_a_change_keeps_the_text_in_review(client, category):
    editor = member("Editor")
    row = steps.submit(make(category, author=editor), by=editor)
    client.force_login(editor)
    references = {"references-TOTAL_FORMS": 1, "references-INITIAL_FORMS": 1,
                  "references-0-id": row.references.get().pk, "references-0-explainer": row.pk,
                  "references-0-number": 1, "references-0-title": "A paper",
                  "references-0-doi": "10.1000/x"}  # fmt: skip
    client.post(f"/admin/explainers/explainer/{row.pk}/change/", form_of(row, **references))
    row.refresh_from_db()
    assert row.waits_for_review


def test_an_address_of_the_site_itself_is_refused(client, category):
    client.force_login(member("Editor"))
    row = Explainer(title="x", slug="feed", category=category)
    answer = client.post("/admin/explainers/explainer/add/", form_of(row, seen=""))
    assert "taken by a page of the site" in answer.content.decode()


def test_every_published_text_is_kept(category):
    row = published(category)
    Explainer.objects.update(title="Another title")
    steps.submit(steps.saved(row, by=row.author), by=row.author)
    steps.publish(row, by=UserFactory())
    assert [version.title for version in ExplainerVersion.objects.all()] == ["Another title", "What are CAR T cells?"]


def test_the_preview_shows_edits_that_readers_do_not_see(client, category):
    row = published(category)
    Explainer.objects.update(title="Not out yet")
    client.force_login(member("Editor"))
    assert "Not out yet" in client.get(f"/admin/explainers/explainer/{row.pk}/preview/").content.decode()
    assert "Not out yet" not in client.get("/explainers/cells/").content.decode()


def test_a_trial_knows_the_texts_that_name_it(category):
    trial = make_trial("NCT99000001")
    row = published(category)
    assert [mention.explainer for mention in trial.explainer_mentions.all()] == [row]


def test_a_named_trial_that_arrives_later_is_tied(category):
    row = published(category)
    trial = make_trial("NCT99000001")
    assert living.link_mentions() == 1
    assert trial.explainer_mentions.get().explainer == row


def test_a_change_of_a_named_trial_flags_the_text_until_somebody_reads_it(category):
    trial = make_trial("NCT99000001")
    row = published(category)
    assert not living.flagged(TODAY).exists()
    Trial.objects.update(version=2)
    change = TrialChangeFactory(trial=trial, version=2, rank=TrialChange.Ranks.PAGE_ONLY)
    assert not living.flagged(TODAY).exists()
    TrialChange.objects.filter(pk=change.pk).update(rank=TrialChange.Ranks.TELL_NOW)
    assert list(living.flagged(TODAY)) == [row]
    steps.still_correct(row, by=UserFactory(username="rita"))
    assert not living.flagged(TODAY).exists()
    assert row.checks.get().by_name == "rita"


@pytest.mark.parametrize("days, flagged", [(-1, True), (0, True), (1, False)])
def test_a_review_date_flags_the_text_when_it_comes(category, days, flagged):
    published(category, review_on=TODAY + timedelta(days=days))
    assert living.flagged(TODAY).exists() is flagged


def test_hard_words_that_nobody_explained_are_listed_by_the_texts_that_use_them(client):
    from dataclasses import replace

    from tests.explainers.factories import TEXT

    for n, word in enumerate(("apheresis", "apheresis and pancreatitis")):
        published_summary(make_trial(f"NCT9900000{n}"), text=replace(TEXT, summary=f"It uses {word} for 120 people."))
    assert unknown_words()[:2] == [("apheresis", 2), ("pancreatitis", 1)]
    GlossaryTerm.objects.create(term="apheresis", slug="apheresis", definition="Blood is sorted.")
    assert [word for word, _ in unknown_words()] == ["pancreatitis"]
    client.force_login(member("Editor"))
    assert "pancreatitis</a> in 1 text" in client.get("/admin/explainers/glossaryterm/").content.decode()


def test_withdrawing_takes_the_page_away(client, category):
    row = published(category)
    client.force_login(member("Reviewer"))
    client.post(f"/admin/explainers/explainer/{row.pk}/step/", {"step": "withdraw", "because": "Out of date."})
    assert client.get("/explainers/cells/").status_code == 410
    assert timezone.now() >= Explainer.objects.get().withdrawn_at


def test_the_preview_shows_the_marks_that_the_page_would_show(client):
    make_trial("NCT99000001", status="TERMINATED")
    GlossaryTerm.objects.create(term="placebo", slug="placebo", definition="A tablet without a drug.")
    client.force_login(member("Editor"))
    typed = {"html": "<p>A placebo[1] in NCT99000001.</p>"}
    shown = client.post("/admin/explainers/explainer/markup/", typed).json()["shown"]
    for mark in ('<sup class="cite">', 'class="term"', "(terminated)", "/trials/NCT99000001/"):
        assert mark in shown


def test_pasted_html_is_cleaned_for_editors_only(client):
    paste = {"html": '<p onclick="x">Hi<script>alert(1)</script></p>'}
    path = "/admin/explainers/explainer/markup/"
    client.force_login(member("Editor"))
    assert client.post(path, paste).json() == {"html": "<p>Hi</p>", "shown": "<p>Hi</p>"}
    client.force_login(member("Reviewer"))
    assert client.post(path, paste).status_code == 403


def test_the_second_of_two_savers_finds_their_words_as_they_typed_them(client, category):
    row = make(category)
    client.force_login(member("Editor"))
    path = f"/admin/explainers/explainer/{row.pk}/change/"
    client.post(path, form_of(row, title="First of us"))
    answer = client.post(path, form_of(row, title="Second of us", draft="abc123xyz"))
    form = answer.context["adminform"].form
    assert (form["title"].value(), form["seen"].value()) == ("Second of us", str(row.revision + 1))
    assert "Saved by somebody else: First of us" in answer.content.decode()
    assert "draft-saved" not in answer.content.decode()


def test_a_save_names_the_draft_that_the_browser_may_throw_away(client, category):
    row = make(category)
    client.force_login(member("Editor"))
    path = f"/admin/explainers/explainer/{row.pk}/change/"
    saved = client.post(path, form_of(row, title="Better", draft="abc123xyz"), follow=True)
    assert [message.tags for message in saved.context["messages"]] == ["draft-saved-abc123xyz success"]


def test_a_text_that_was_deleted_meanwhile_keeps_its_draft(client, category):
    client.force_login(member("Editor"))
    row = make(category)
    form = form_of(row, draft="abc123xyz")
    path = f"/admin/explainers/explainer/{row.pk}/change/"
    row.delete()
    gone = client.post(path, form, follow=True)
    assert [message.tags for message in gone.context["messages"]] == ["warning"]


def test_of_two_saves_at_once_the_second_waits_before_it_looks(client, category):
    row = make(category)
    client.force_login(member("Editor"))
    with CaptureQueriesContext(connection) as asked:
        client.post(f"/admin/explainers/explainer/{row.pk}/change/", form_of(row, title="Better"))
    about_it = [query["sql"] for query in asked if '"explainers_explainer"' in query["sql"]]
    held = next(place for place, sql in enumerate(about_it) if sql.endswith("FOR UPDATE"))
    written = next(place for place, sql in enumerate(about_it) if sql.startswith('UPDATE "explainers_explainer"'))
    assert held < written
