"""The words of a mail about one trial."""

import pytest

from subscriptions import items
from subscriptions.models import Notification
from subscriptions.trial_items import Item
from tests.subscriptions.factories import SubscriptionFactory, update
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
