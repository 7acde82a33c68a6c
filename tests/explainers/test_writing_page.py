"""Writing a summary beside its record, from an empty queue entry to the page."""

from dataclasses import replace

import pytest

from explainers.models import Autosave, PlainSummary
from tests.explainers.factories import TEXT, UserFactory, make_trial, member, published_summary
from trials.models import Trial

pytestmark = pytest.mark.django_db
BASE = "/admin/explainers/plainsummary/write/NCT99000001/"


@pytest.fixture
def editor(client):
    make_trial("NCT99000001")
    user = member("Editor", first_name="Ed", last_name="Itor")
    client.force_login(user)
    return user


def posted(text=TEXT, **kwargs):
    return {**text.as_dict(), "revision": "0", **kwargs}


def test_the_page_begins_with_facts_by_rule_beside_the_record(editor, client):
    page = client.get(BASE).content.decode()
    assert "In short, by rule" in page
    assert "This study tests green tea." in page
    assert "Green tea" in page[page.index('name="active_substance"') :]
    assert not PlainSummary.objects.exists()


def test_an_editor_writes_and_a_reviewer_publishes(editor, client):
    client.post(BASE, posted(step="save"))
    summary = PlainSummary.objects.get()
    assert (summary.state, summary.author, summary.working_text) == ("draft", editor, TEXT)
    client.post(BASE, posted(step="submit", revision=summary.revision))
    client.force_login(member("Reviewer"))
    page = client.get(BASE).content.decode()
    assert "Approve and publish" in page
    client.post(BASE, posted(step="publish", revision=summary.revision))
    assert TEXT.title in client.get("/trials/NCT99000001/").content.decode()


def test_an_editor_cannot_publish(editor, client):
    client.post(BASE, posted(step="submit"))
    assert client.post(BASE, posted(step="publish", revision=1)).status_code == 403


def test_a_text_with_a_blocker_is_not_published_and_says_why(editor, client):
    client.post(BASE, posted(replace(TEXT, title=""), step="submit"))
    client.force_login(member("Reviewer"))
    page = client.post(BASE, posted(step="publish", revision=1)).content.decode()
    assert "The title is empty." in page
    assert PlainSummary.objects.get().state == "review"


def test_the_second_of_two_savers_sees_both_texts_and_can_go_on(editor, client):
    client.post(BASE, posted(replace(TEXT, title="First of us"), step="save"))
    answer = client.post(BASE, posted(replace(TEXT, title="Second of us"), step="save"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "First of us" in page
    assert "Second of us" in page
    assert PlainSummary.objects.get().title == "First of us"
    client.post(BASE, posted(replace(TEXT, title="Second of us"), step="save", revision=1))
    assert PlainSummary.objects.get().title == "Second of us"


def test_a_text_that_is_saved_over_is_kept_for_its_writer(editor, client):
    client.post(BASE, posted(replace(TEXT, title="First of us"), step="save"))
    other = member("Editor")
    client.force_login(other)
    page = client.post(BASE, posted(replace(TEXT, title="Second of us"), step="save")).content.decode()
    assert 'name="over"' in page
    client.post(BASE, posted(replace(TEXT, title="Second of us"), step="save", revision=1, over="1"))
    assert PlainSummary.objects.get().title == "Second of us"
    assert "Bring it back" not in client.get(BASE).content.decode()
    client.force_login(editor)
    assert "Bring it back" in client.get(BASE).content.decode()
    assert "First of us" in client.get(f"{BASE}?restore").content.decode()


def test_what_was_typed_is_kept_until_it_is_saved(editor, client):
    client.post(BASE + "autosave/", posted(replace(TEXT, title="Half a thought")))
    assert "Bring it back" in client.get(BASE).content.decode()
    assert "Half a thought" in client.get(BASE + "?restore").content.decode()
    client.force_login(member("Editor"))
    assert "Bring it back" not in client.get(BASE).content.decode()
    client.force_login(editor)
    client.post(BASE, posted(step="save"))
    assert not Autosave.objects.exists()


def test_the_gauge_answers_for_what_is_typed(editor, client):
    bad = replace(TEXT, summary="This breakthrough trial has 999 people!", could_lead_to="It helps people.")
    page = client.post(BASE + "gauge/", posted(bad)).content.decode()
    for words in ("Promises more than a trial can", "999", "Say could, may or if", "exclamation mark", "Grade"):
        assert words in page


def make_or_get():
    from trials.models import Trial

    return Trial.objects.get(nct_id="NCT99000001")


def test_a_reviewer_withdraws_with_a_reason(editor, client):
    published_summary(make_or_get())
    client.force_login(member("Reviewer"))
    client.post(BASE, posted(step="withdraw", because=""))
    assert PlainSummary.objects.get().state == "published"
    client.post(BASE, posted(step="withdraw", because="Wrong dose."))
    assert PlainSummary.objects.get().withdrawn_because == "Wrong dose."


def test_an_unknown_trial_is_told_and_a_known_one_opens(editor, client):
    assert client.get(BASE.replace("99000001", "99999999")).status_code == 404
    assert client.get("/admin/explainers/plainsummary/write/", {"nct_id": " nct99000001 "})["Location"] == BASE
    assert client.get("/admin/explainers/plainsummary/write/", {"nct_id": "x"})["Location"] == "/admin/"


def test_strangers_and_plain_staff_are_kept_out(client):
    make_trial("NCT99000001")
    assert client.get(BASE).status_code == 302
    client.force_login(UserFactory())
    for path in (BASE, BASE + "preview/"):
        assert client.get(path).status_code == 403
    for path in (BASE + "gauge/", BASE + "autosave/"):
        assert client.post(path, posted()).status_code == 403


def test_the_writing_page_has_no_inline_script_or_style(editor, client):
    from tests.explainers.test_hostile_text import faults

    published_summary(make_or_get())
    own = [fault for path in ("/admin/", BASE) for fault in faults(client.get(path).content.decode())]
    assert own == ["iframe"]  # the preview: see test_previews


def test_an_older_text_that_is_brought_back_does_not_go_over_a_newer_save(editor, client):
    client.post(f"{BASE}autosave/", posted(replace(TEXT, title="Mine, not saved")))
    client.force_login(member("Editor"))
    client.post(BASE, posted(replace(TEXT, title="Theirs, saved"), step="save"))
    client.force_login(editor)
    restored = client.get(f"{BASE}?restore").content.decode()
    assert 'name="revision" value="0"' in restored
    answer = client.post(BASE, posted(replace(TEXT, title="Mine, not saved"), step="save", revision=0))
    assert answer.status_code == 409
    assert PlainSummary.objects.get().title == "Theirs, saved"


def messages_of(answer):
    return [message.tags for message in answer.context["messages"]]


def test_the_page_that_tells_of_a_save_names_the_draft_that_was_saved(editor, client):
    saved = client.post(BASE, posted(step="save", draft="abc123xyz"), follow=True)
    assert messages_of(saved) == ["draft-saved-abc123xyz success"]


@pytest.mark.parametrize("token", ["", "short", "a b", '"><script>', "a" * 41])
def test_no_other_words_get_into_the_page_as_the_name_of_a_draft(editor, client, token):
    saved = client.post(BASE, posted(step="save", draft=token), follow=True)
    assert messages_of(saved) == ["success"]


def test_a_text_that_was_not_saved_keeps_its_draft(editor, client):
    client.post(BASE, posted(replace(TEXT, title="First of us"), step="save"))
    answer = client.post(BASE, posted(replace(TEXT, title="Second of us"), step="save", draft="abc123xyz"))
    assert "draft-saved" not in answer.content.decode()
    assert " data-unsaved" in answer.content.decode()
    assert " data-unsaved" not in client.get(BASE).content.decode()


MISLEADING = replace(TEXT, summary="About 150 people can take part.")


def in_review(client, text):
    client.post(BASE, posted(text, step="submit"))
    client.force_login(member("Reviewer"))
    return PlainSummary.objects.get()


def test_what_could_mislead_is_published_only_by_who_says_that_they_looked(editor, client):
    summary = in_review(client, MISLEADING)
    assert 'name="looked"' in client.get(BASE).content.decode()
    refused = client.post(BASE, posted(MISLEADING, step="publish", revision=summary.revision))
    assert "Something could mislead a reader" in refused.content.decode()
    assert PlainSummary.objects.get().state == "review"
    client.post(BASE, posted(MISLEADING, step="publish", revision=summary.revision, looked="on"))
    assert PlainSummary.objects.get().state == "published"


def test_a_text_that_misleads_nobody_asks_for_no_tick(editor, client):
    in_review(client, TEXT)
    assert 'name="looked"' not in client.get(BASE).content.decode()


def test_a_list_of_texts_does_not_publish_what_could_mislead(editor, client):
    summary = in_review(client, MISLEADING)
    chosen = {"action": "publish", "_selected_action": [summary.pk]}
    page = client.post("/admin/explainers/plainsummary/", chosen, follow=True).content.decode()
    assert "Open it and look" in page
    assert PlainSummary.objects.get().state == "review"


def test_a_record_that_changed_while_it_was_read_is_not_approved_unseen(editor, client):
    summary = in_review(client, TEXT)
    page = client.get(BASE).content.decode()
    assert 'name="version" value="1"' in page
    Trial.objects.update(version=2)
    refused = client.post(BASE, posted(step="publish", revision=summary.revision, version="1")).content.decode()
    assert "The record changed while you read" in refused
    assert 'name="version" value="2"' in refused
    assert PlainSummary.objects.get().state == "review"
    client.post(BASE, posted(step="publish", revision=summary.revision, version="2"))
    assert PlainSummary.objects.get().checked_version == 2
