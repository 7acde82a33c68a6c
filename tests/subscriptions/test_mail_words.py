"""The words of a mail about one trial."""

import pytest

from subscriptions import items
from subscriptions.models import Notification
from subscriptions.trial_items import Item
from tests.subscriptions.factories import SubscriptionFactory, listing, update
from trials.models import Trial, TrialChange

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial() -> Trial:
    trial: Trial = SubscriptionFactory().trial
    return trial


def item(change: TrialChange) -> Item:
    (only,) = items.told([Notification(change=change, subscription=change.trial.subscriptions.get())]).items
    return only


def test_a_rule_about_who_can_join_is_quoted_as_it_was_and_as_it_is(trial):
    rule = {"list": "inclusion", "text": "BMI \\>= 30"}
    change = update(
        trial, kind="eligibility", field="eligibility",
        old={"removed": [], "edited": [rule]}, new={"added": [], "edited": [{**rule, "text": "BMI \\>= 35"}]},
    )  # fmt: skip
    assert item(change).sentences == [
        "One rule about who can join was reworded. Before: “BMI >= 30”. Now: “BMI >= 35”."
    ]


@pytest.mark.parametrize(
    ("status", "words", "step"),
    [
        ("RECRUITING", "This trial is looking for people now.", "If it may suit you"),
        ("NOT_YET_RECRUITING", "This trial has not opened yet.", "If it may suit you"),
        ("COMPLETED", "This trial has finished.", "There is nothing you must do."),
        ("UNKNOWN", "This trial has an unknown status.", "If it may suit you"),
        ("PAUSED_BY_AGENCY", "This trial has the status “Paused by agency”.", "If it may suit you"),
    ],
)
def test_a_trial_that_we_see_first_is_told_as_it_is_and_not_as_a_change(trial, status, words, step):
    trial.status = status
    told = item(listing(trial))
    assert told.sentences == ["This trial was listed in the registry.", words]
    assert told.next_step.startswith(step)
    assert told.headline == "Newly listed"
