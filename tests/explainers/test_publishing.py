"""A summary's way from draft to page and back."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from explainers import publishing
from explainers.models import PlainSummary, Signature, SummaryVersion
from explainers.publishing import EditConflict, PublishingError
from tests.explainers.factories import NOON, TEXT, UserFactory, make_trial, published_summary
from trials.models import Trial

pytestmark = pytest.mark.django_db


def draft(**kwargs):
    author = kwargs.pop("author", None) or UserFactory()
    return publishing.save_draft(publishing.start(make_trial(**kwargs), by=author), TEXT, by=author)


def test_a_draft_is_not_on_the_page():
    trial = draft().trial
    assert trial.summary is None
    assert trial.headline == "A study of drug A"


def test_an_approved_text_is_on_the_page_signed_by_both():
    summary = published_summary()
    assert summary.trial.headline == TEXT.title
    assert (summary.author_name, summary.reviewer_name) == ("Ann Author", "Rob Reviewer")
    assert (summary.published_at, summary.checked_version) == (NOON, 1)


def test_a_signature_stands_for_the_full_name():
    reviewer = UserFactory(first_name="Rob", last_name="Reviewer")
    Signature.objects.create(user=reviewer, name="Dr. Roberta Reviewer", role="oncologist")
    assert published_summary(reviewer=reviewer).reviewer_name == "Dr. Roberta Reviewer, oncologist"


def test_nobody_approves_their_own_text():
    summary = draft()
    publishing.submit(summary, by=summary.author)
    with pytest.raises(PublishingError, match="two people"):
        publishing.publish(summary, by=summary.author)


def test_a_small_team_can_waive_the_second_person(settings):
    settings.REVIEWER_REQUIRED = False
    summary = draft()
    published = publishing.publish(summary, by=summary.author)
    assert published.is_published
    assert not published.was_checked_by_second_person


def test_a_draft_cannot_skip_the_review():
    with pytest.raises(PublishingError, match="in review"):
        publishing.publish(draft(), by=UserFactory())


def test_a_text_without_title_is_not_published():
    summary = draft()
    publishing.save_draft(summary, replace(TEXT, title="  "), by=summary.author)
    publishing.submit(summary, by=summary.author)
    with pytest.raises(PublishingError, match="title is empty"):
        publishing.publish(summary, by=UserFactory())


def test_an_empty_text_cannot_go_into_review():
    summary = publishing.start(make_trial(), by=UserFactory())
    with pytest.raises(PublishingError, match="with a text"):
        publishing.submit(summary, by=summary.author)


def test_a_published_text_stays_on_the_page_while_the_next_is_written():
    summary = published_summary()
    new = replace(TEXT, title="Drug A or chemotherapy for stomach cancer")
    publishing.save_draft(summary, new, by=summary.author)
    summary.refresh_from_db()
    assert (summary.title, summary.working_text.title) == (TEXT.title, new.title)
    assert (summary.state, summary.working_state) == ("published", "draft")


def test_every_published_text_is_kept_with_its_signatures():
    summary = published_summary()
    second_author, new = UserFactory(username="second"), replace(TEXT, title="Drug A in stomach cancer, again")
    Trial.objects.filter(pk=summary.trial_id).update(version=4)
    publishing.save_draft(summary, new, by=second_author)
    publishing.submit(summary, by=second_author)
    publishing.publish(summary, by=summary.author)
    newest, first = SummaryVersion.objects.order_by("-number")
    assert (first.title, first.author_name, first.reviewer_name, first.checked_version) == (
        TEXT.title, "Ann Author", "Rob Reviewer", 1)  # fmt: skip
    assert (newest.title, newest.author_name, newest.reviewer_name, newest.checked_version) == (
        new.title, "second", "Ann Author", 4)  # fmt: skip


def test_a_text_sent_back_is_a_draft_again():
    summary = draft()
    publishing.submit(summary, by=summary.author)
    assert publishing.send_back(summary, by=UserFactory()).state == "draft"


def test_a_save_takes_a_text_out_of_review():
    summary = draft()
    publishing.submit(summary, by=summary.author)
    assert publishing.save_draft(summary, replace(TEXT, title="Another"), by=summary.author).state == "draft"


def test_the_second_saver_sees_the_conflict_and_nothing_is_lost():
    summary = draft()
    began_from = summary.revision
    publishing.save_draft(summary, replace(TEXT, title="Hers"), by=UserFactory(), revision=began_from)
    mine = replace(TEXT, title="Mine")
    with pytest.raises(EditConflict) as conflict:
        publishing.save_draft(summary, mine, by=summary.author, revision=began_from)
    assert conflict.value.current.title == "Hers"
    assert conflict.value.mine == mine
    assert PlainSummary.objects.get().title == "Hers"


def test_saving_the_same_text_again_changes_nothing():
    summary = draft()
    assert publishing.save_draft(summary, TEXT, by=UserFactory()).revision == summary.revision


def test_a_text_that_changed_after_it_was_read_is_not_published():
    summary = draft()
    read = summary.revision
    publishing.save_draft(summary, replace(TEXT, title="Changed since"), by=summary.author)
    publishing.submit(summary, by=summary.author)
    with pytest.raises(EditConflict):
        publishing.publish(summary, by=UserFactory(), revision=read)


def test_a_withdrawn_text_leaves_the_page_and_says_why():
    summary = publishing.withdraw(published_summary(), because="The dose was wrong.", by=UserFactory())
    assert summary.trial.summary is None
    assert summary.withdrawn_because == "The dose was wrong."


def test_withdrawing_needs_a_reason():
    with pytest.raises(PublishingError, match="why"):
        publishing.withdraw(published_summary(), because=" ", by=UserFactory())


def test_a_withdrawn_text_can_be_reviewed_and_published_again():
    summary = publishing.withdraw(published_summary(), because="Wrong.", by=UserFactory())
    publishing.submit(summary, by=summary.author)
    assert publishing.publish(summary, by=UserFactory()).is_published


def test_withdrawing_keeps_the_newest_text_as_the_next_beginning():
    summary = published_summary()
    publishing.save_draft(summary, replace(TEXT, title="Newer"), by=UserFactory())
    assert publishing.withdraw(summary, because="Wrong.", by=UserFactory()).title == "Newer"


def test_still_correct_moves_the_checked_version_and_keeps_who_said_so():
    summary, reviewer = published_summary(), UserFactory(username="rita")
    Trial.objects.update(version=3)
    summary = publishing.still_correct(summary, by=reviewer, version=3)
    assert summary.checked_version == 3
    assert [(check.by_name, check.checked_version) for check in summary.checks.all()] == [("rita", 3)]


def test_a_check_never_claims_more_than_was_looked_at():
    summary = published_summary()
    Trial.objects.update(version=5)
    assert publishing.still_correct(summary, by=UserFactory(), version=3).checked_version == 3


def test_no_rewrite_needed_checks_many_at_once():
    summaries = [published_summary(make_trial(f"NCT9900000{n}")) for n in (1, 2)]
    Trial.objects.update(version=2)
    assert publishing.no_rewrite_needed(summaries, by=UserFactory()) == 2
    assert set(PlainSummary.objects.values_list("checked_version", flat=True)) == {2}


@pytest.mark.parametrize(
    "broken",
    [
        {"published_at": None},
        {"checked_version": None},
        {"author_name": ""},
        {"title": ""},
        {"state": "gone"},
        {"reviewer_name": ""},
        {"pending_state": "draft"},
    ],
)
def test_the_database_refuses_a_published_row_that_is_incomplete(broken):
    summary = published_summary()
    with pytest.raises(IntegrityError), transaction.atomic():
        PlainSummary.objects.filter(pk=summary.pk).update(**broken)


def test_the_database_refuses_one_person_as_author_and_reviewer():
    summary = published_summary()
    with pytest.raises(IntegrityError), transaction.atomic():
        PlainSummary.objects.filter(pk=summary.pk).update(reviewer=summary.author)
