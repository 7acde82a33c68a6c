"""Readers and what they follow, with only what a test names."""

from datetime import UTC, datetime
from typing import Any

import factory

from subscriptions import addresses
from subscriptions.models import Subscriber, Subscription
from tests.factories import SyncRunFactory, TrialChangeFactory, TrialFactory
from trials.models import SyncRun, Trial, TrialChange

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class SubscriberFactory(factory.django.DjangoModelFactory[Subscriber]):
    class Meta:
        model = Subscriber

    email = factory.Sequence(lambda n: f"reader{n}@example.org")
    key = factory.LazyAttribute(lambda o: addresses.key(o.email))
    created_at = LONG_AGO


class SubscriptionFactory(factory.django.DjangoModelFactory[Subscription]):
    """Follows a new trial, unless `trial=None, condition=...` says otherwise."""

    class Meta:
        model = Subscription

    subscriber = factory.SubFactory(SubscriberFactory)
    trial = factory.SubFactory(TrialFactory)
    confirmed_at = LONG_AGO
    consented_at = LONG_AGO
    consent_version = "2026-11"


def published_run(**fields: Any) -> SyncRun:
    return SyncRunFactory(**{"events": 1, **fields})


def update(trial: Trial, *, run: SyncRun | None = None, version: int = 2, **fields: Any) -> TrialChange:
    """A published change that a follower of the trial should hear of at once, unless `rank` says otherwise."""
    values = {"kind": "status_closed", "field": "status", "old": "RECRUITING", "new": "ACTIVE_NOT_RECRUITING", **fields}
    return TrialChangeFactory(trial=trial, run=run or published_run(), version=version, **values)


def listing(trial: Trial, *, run: SyncRun | None = None) -> TrialChange:
    return update(trial, run=run, version=1, kind="listed", field="listed", old=None, new=None)
