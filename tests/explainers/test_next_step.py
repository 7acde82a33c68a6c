"""The first line of the queue: the one thing to do next."""

import pytest

from explainers import publishing
from explainers.models import PlainSummary
from tests.explainers.factories import NOON, TEXT, make_trial, member, published_summary
from tests.factories import TrialChangeFactory
from trials.models import Trial, TrialChange

pytestmark = pytest.mark.django_db


def first_line(client, user):
    client.force_login(user)
    page = client.get("/admin/").content.decode()
    return page.partition('class="queue-next"')[2].partition("</p>")[0]


@pytest.fixture
def editor():
    return member("Editor")


def draft(trial, by):
    return publishing.save_draft(publishing.start(trial, by=by), TEXT, by=by)


def overtaken():
    summary = published_summary(make_trial("NCT99000002"))
    TrialChangeFactory(trial=summary.trial, version=2, rank=TrialChange.Ranks.TELL_NOW, detected_at=NOON)
    Trial.objects.filter(pk=summary.trial_id).update(version=2)


def test_a_newcomer_is_led_to_a_trial_without_a_text(client, editor):
    make_trial("NCT99000001", first_posted="2026-06-01")
    line = first_line(client, editor)
    assert "Write about: A study of drug A" in line
    assert "/write/NCT99000001/" in line


def test_ones_own_draft_comes_before_a_new_text(client, editor):
    make_trial("NCT99000001")
    draft(make_trial("NCT99000003"), editor)
    assert f"Go on with: {TEXT.title}" in first_line(client, editor)


def test_a_text_that_the_record_has_overtaken_comes_before_a_draft(client, editor):
    draft(make_trial("NCT99000003"), editor)
    overtaken()
    assert "/write/NCT99000002/" in first_line(client, editor)


def test_a_reviewer_checks_what_a_colleague_waits_for_first(client, editor):
    overtaken()
    publishing.submit(draft(make_trial("NCT99000003"), editor), by=editor)
    assert "/write/NCT99000003/" in first_line(client, member("Reviewer"))
    assert "Check" not in first_line(client, editor)


def test_nobody_is_led_to_check_their_own_text(client):
    both = member("Reviewer")
    publishing.submit(draft(make_trial("NCT99000003"), both), by=both)
    assert PlainSummary.objects.get().state == "review"
    assert "Check" not in first_line(client, both)


def test_where_nothing_waits_nothing_is_said(client, editor):
    assert first_line(client, editor) == ""
