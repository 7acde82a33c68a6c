"""Rows with only what a test names."""

from datetime import UTC, datetime
from typing import Any

import factory
from django.contrib.auth.models import Group, User

from explainers import publishing
from explainers.models import PlainSummary, SummaryText
from tests.factories import TrialFactory
from trials.models import Trial

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEXT = SummaryText(
    title="A new drug for stomach cancer",
    summary="This trial tests a new drug. About 120 people can take part.",
    active_substance="Drug A (a tablet)",
    could_lead_to="If it works, it could help people with stomach cancer.",
    could_go_wrong="It may not work. It may have side effects.",
)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    is_staff = True


def member(role: str, **kwargs: Any) -> User:
    user = UserFactory(**kwargs)
    user.groups.add(Group.objects.get(name=role))
    return user


def make_trial(nct_id: str = "NCT99000001", **kwargs: Any) -> Trial:
    trial: Trial = TrialFactory(nct_id=nct_id, brief_title="A study of drug A", **kwargs)
    return trial


def published_summary(
    trial: Trial | None = None, *, author: User | None = None, reviewer: User | None = None, text: SummaryText = TEXT
) -> PlainSummary:
    author = author or UserFactory(first_name="Ann", last_name="Author")
    reviewer = reviewer or UserFactory(first_name="Rob", last_name="Reviewer")
    summary = publishing.start(trial or make_trial(), by=author)
    publishing.save_draft(summary, text, by=author)
    publishing.submit(summary, by=author)
    return publishing.publish(summary, by=reviewer, at=NOON)
