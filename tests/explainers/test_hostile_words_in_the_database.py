"""Words that somebody put straight into the database: harmless in mails, pages, feeds, JSON-LD, print and the admin."""

import json
import re
from email import message_from_bytes, policy

import feedparser
import pytest
from bleach._vendor import html5lib
from django.contrib.auth.models import User

from explainers.models import PlainSummary, SummaryVersion
from subscriptions import composing, digests, letters, matching
from subscriptions.models import Email, Notification
from tests.explainers.factories import NOON, make_trial, published_summary
from tests.explainers.hostile import PASTES
from tests.explainers.test_hostile_text import faults
from tests.factories import ConditionFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, published_run, update
from trials.models import TrialCondition

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("paste", [paste.replace("\0", "") for paste in PASTES]),
]
NCT_ID = "NCT99000001"


def spoil(paste):
    """Past every form and every `clean`: as a broken import or a stolen database password would."""
    words = {
        "title": f"Title {paste}"[:200], "summary": f"Words {paste}\nMore {paste}", "active_substance": paste[:300],
        "could_lead_to": f"It may {paste}", "could_go_wrong": paste,
    }  # fmt: skip
    names = {"author_name": f"A {paste}"[:250], "reviewer_name": f"R {paste}"[:250]}
    PlainSummary.objects.update(**words, **names)
    SummaryVersion.objects.update(**words, **names)


def mailed(paste, *, trials, frequency):
    """The letter of a reader whose trials have these words, rendered as it goes to the mail server."""
    letters.told_and_body.cache_clear()
    reader, run = SubscriberFactory(digest_hour=NOON.hour), published_run(finished_at=NOON)
    for number in range(trials):
        trial = make_trial(f"NCT9900000{number + 1}")
        published_summary(trial)
        SubscriptionFactory(subscriber=reader, trial=trial, frequency=frequency)
        update(trial, run=run, detected_at=NOON)
    spoil(paste)
    PlainSummary.objects.update(checked_version=2)  # else the mail would not quote it
    matching.match_new_runs(now=NOON)
    if frequency == "at-once":
        composing.compose_alerts(now=NOON)
    else:
        digests.run("daily", NOON, now=NOON)
    email = Email.objects.get()
    rows = list(Notification.objects.filter(email=email))
    return message_from_bytes(letters.alert(email, reader, rows, now=NOON).message, policy=policy.default)


def styles(html):
    """A mail carries its look in attributes: those that ours may have are known."""
    return {e.attrib["style"] for e in html5lib.parse(html, namespaceHTMLElements=False).iter() if "style" in e.attrib}


@pytest.mark.parametrize(
    "trials, frequency, kind", [(1, "at-once", "alert"), (1, "daily", "digest"), (2, "daily", "digest")]
)
def test_a_mail_that_quotes_them_does_nothing(paste, trials, frequency, kind):
    mail = mailed(paste, trials=trials, frequency=frequency)
    assert Email.objects.get().kind == kind
    html = mail.get_body(("html",)).get_content()
    assert "Title" in html
    assert ("More" in html) == (trials == 1)
    assert [fault for fault in faults(html) if not fault.endswith(" style")] == ["style"]  # our own, for dark screens
    assert not [style for style in styles(html) if re.search(r"url|expression|fixed|javascript", style)]
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all("evil.example" not in str(value) and "\n" not in str(value) for value in mail.values())


PAGES = (
    f"/trials/{NCT_ID}/", f"/trials/{NCT_ID}/sheet/", f"/trials/{NCT_ID}/summary/", "/", "/trials/",
    "/conditions/asthma/", f"/trials/compare/?id={NCT_ID}+NCT99000002",
)  # fmt: skip
WRITE = f"/admin/explainers/plainsummary/write/{NCT_ID}/"
ADMIN = (
    "/admin/", "/admin/explainers/plainsummary/", WRITE, f"{WRITE}preview/", "/admin/explainers/explainer/",
    "/admin/trials/trial/", f"{WRITE}preview/paper/",
)  # fmt: skip


@pytest.fixture
def site(paste, client):
    condition = ConditionFactory(name="asthma", slug="asthma")
    for nct_id in (NCT_ID, "NCT99000002"):
        trial = make_trial(nct_id, first_posted="2026-06-01")
        TrialCondition.objects.create(trial=trial, condition=condition, position=1)
        published_summary(trial)
    update(trial)
    spoil(paste)
    return client


def test_no_page_of_the_trial_does_anything(paste, site):
    for path in PAGES:
        answer = site.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert faults(page) == [], path
        for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S):
            json.loads(block)
            assert "<" not in block, path


def test_feeds_and_data_carry_words_only(paste, site):
    for path in (f"/trials/{NCT_ID}/feed/", "/changes/feed/", "/conditions/asthma/feed/"):
        feed = feedparser.parse(site.get(path).content)
        assert not feed.bozo, path
        shown = [part.value for entry in feed.entries for part in entry.get("content", [])]
        assert [fault for html in shown for fault in faults(html)] == []
    answer = site.get(f"/trials/{NCT_ID}.json")
    assert answer["Content-Type"].startswith("application/json")
    json.loads(answer.content)


def test_no_page_of_the_desk_does_anything(paste, site):
    site.force_login(User.objects.create_superuser("boss"))
    for path in ADMIN:
        answer = site.get(path)
        assert answer.status_code == 200, path
        assert faults(answer.content.decode()) == (["iframe"] if path == WRITE else []), path  # its own previews
