"""A mail must not quote a plain summary that its own news contradicts."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from explainers.models import PlainSummary
from subscriptions import composing, digests, letters, matching, sample_letters
from subscriptions.models import Email, Notification
from tests.explainers.factories import published_summary
from tests.factories import TrialFactory
from tests.subscriptions.factories import SubscriptionFactory, update
from tests.subscriptions.sink import html_of, text_of
from trials.changes import Rank
from trials.models import Trial, TrialChange

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)
QUOTE = "This trial tests a new drug. About 120 people can take part."
LEFT_OUT = "Our editors wrote their plain summary before the latest change, so we leave it out here."
SHORT = "The trial in short: This trial is looking for people now. It compares green tea with a placebo."
pytestmark = pytest.mark.django_db


@pytest.fixture
def trial() -> Trial:
    """Its summary was checked against version 1."""
    trial = TrialFactory(nct_id="NCT99000001", version=1)
    published_summary(trial)
    Trial.objects.filter(pk=trial.pk).update(version=2)
    return Trial.objects.get(pk=trial.pk)


def opened(trial: Trial, **fields: object) -> TrialChange:
    return update(trial, **{"kind": "status_opened", "old": "SUSPENDED", "new": "RECRUITING", **fields})


def mail(frequency: str = "at-once", **followed: object) -> tuple[str, str]:
    """The text and the HTML of the one mail, as one line each."""
    SubscriptionFactory(frequency=frequency, **followed)
    matching.match_new_runs(now=NOW)
    composing.compose_alerts(now=NOW)
    digests.run_due(now=NOW)
    email = Email.objects.select_related("subscriber").get()
    rows = list(Notification.objects.filter(email=email).select_related("subscription"))
    assert email.subscriber is not None
    letter = letters.alert(email, email.subscriber, rows, now=NOW)
    message = message_from_bytes(letter.message, policy=policy.default)
    return " ".join(text_of(message).split()), " ".join(html_of(message).split())


def test_a_summary_from_before_the_news_gives_way_to_the_record_of_today(trial):
    opened(trial)
    text, html = mail(trial=trial)
    assert "This trial opened and is looking for people again." in text
    for words in (text, html):
        assert QUOTE not in words
        assert LEFT_OUT in words
    assert SHORT in text
    assert "The trial in short.</span> This trial is looking for people now." in html


def test_a_summary_that_was_checked_against_the_news_is_quoted(trial):
    PlainSummary.objects.update(checked_version=2)
    opened(trial)
    for words in mail(trial=trial):
        assert QUOTE in words
        assert LEFT_OUT not in words
        assert "The trial in short" not in words


def test_a_later_change_that_cannot_matter_to_the_summary_leaves_the_quote(trial):
    PlainSummary.objects.update(checked_version=2)
    opened(trial)
    opened(trial, kind="brief_title", field="brief_title", old="a", new="b", rank=Rank.PAGE_ONLY, version=3)
    for words in mail(trial=trial):
        assert QUOTE in words


def test_later_news_than_the_mail_tells_counts_too(trial):
    PlainSummary.objects.update(checked_version=2)
    opened(trial)
    opened(trial, field="phases", kind="phase", old=["PHASE2"], new=["PHASE3"], rank=Rank.DIGEST, version=3)
    for words in mail(trial=trial):
        assert QUOTE not in words
        assert LEFT_OUT in words


def test_a_digest_with_one_trial_leaves_it_out_too(trial):
    opened(trial)
    for words in mail(trial=trial, frequency="daily"):
        assert QUOTE not in words
        assert LEFT_OUT in words


def test_an_editors_sample_shows_the_words_that_would_be_published(trial):
    opened(trial)
    trial.plain_summary.checked_version = 2
    body = sample_letters.about(trial, at=NOW)
    assert QUOTE in " ".join(body.text.split())


def test_of_a_trial_that_left_the_registry_the_last_record_is_not_told_as_if_it_were_there(trial):
    Trial.objects.filter(pk=trial.pk).update(gone_at=NOW)
    opened(trial, kind="gone", field="gone", old=None, new=None)
    text, _ = mail(trial=trial)
    assert QUOTE not in text
    assert "The trial in short" not in text
    assert LEFT_OUT in text


def test_a_trial_without_a_summary_gets_neither(trial):
    PlainSummary.objects.all().delete()
    opened(trial)
    text, _ = mail(trial=trial)
    assert "The trial in" not in text
    assert LEFT_OUT not in text
