"""Who wants to know, about what, and how they said so."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from subscriptions import addresses, topics
from subscriptions.models.topics import TOPIC_FIELDS, Topic, one_topic, whole_place


class Frequency(models.TextChoices):
    AT_ONCE = "at-once", "At once"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week"


class Scope(models.TextChoices):
    MATTERS = "matters", "Only what could affect you"
    EVERYTHING = "everything", "Every change"
    BRIEF = "brief", "A weekly brief of all its trials"


class Subscriber(models.Model):
    """A confirmed address. The row stays when its person leaves; the address does not."""

    email = models.CharField(max_length=addresses.LONGEST, null=True, blank=True)
    key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    digest_hour = models.PositiveSmallIntegerField(default=8)
    digest_weekday = models.PositiveSmallIntegerField(default=0, help_text="0 is Monday.")
    is_neutral = models.BooleanField(default=False, help_text="Subject and sender name nothing about health.")
    paused_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(email=None, key=None, erased_at__isnull=False)
                | Q(email__isnull=False, key__isnull=False, erased_at=None),
                name="subscriber_address_or_erased",
            ),
            models.CheckConstraint(condition=Q(digest_hour__lt=24), name="subscriber_hour_of_day"),
            models.CheckConstraint(condition=Q(digest_weekday__lt=7), name="subscriber_day_of_week"),
        ]

    def __str__(self) -> str:
        return f"{addresses.masked(self.email)} ({self.pk})"

    @property
    def address_mark(self) -> str:
        """Tells this address from an earlier one of the same reader; empty when there is none any more."""
        return (self.key or "")[:8]


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def live(self) -> "SubscriptionQuerySet":
        return self.filter(ended_at=None)


class Subscription(Topic):
    """One topic that one person follows. Ended, not deleted: why the mails stopped must stay known."""

    class EndedReason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        ERASED = "erased", "Erased"
        BOUNCED = "bounced", "The address does not exist"
        COMPLAINED = "complained", "Marked as spam"
        MOVED = "moved", "Moved to another address"
        CLOSED = "closed", "The trial ended"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.MATTERS)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.AT_ONCE)
    confirmed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=12, choices=EndedReason, blank=True)
    consent_version = models.CharField(max_length=20)
    consented_at = models.DateTimeField()
    source = models.CharField(max_length=200, blank=True, help_text="The page whose form was sent.")

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_topic(), name="subscription_has_one_topic"),
            models.CheckConstraint(condition=whole_place(), name="subscription_whole_place"),
            models.CheckConstraint(
                condition=~Q(scope="brief") | Q(frequency="weekly", condition__isnull=False, place_latitude=None),
                name="subscription_brief_is_weekly",
            ),
            # These also index the topics, for matching
            models.UniqueConstraint(
                fields=["trial", "subscriber"], condition=Q(ended_at=None), name="subscription_live_trial_once"
            ),
            models.UniqueConstraint(
                fields=["condition", "subscriber"],
                condition=Q(ended_at=None, place_latitude=None),
                name="subscription_condition_once",
            ),
            models.UniqueConstraint(
                fields=["condition", "place_latitude", "place_longitude", "radius_km", "subscriber"],
                condition=Q(ended_at=None, place_latitude__isnull=False),
                name="subscription_place_once",
            ),
            models.UniqueConstraint(
                fields=["site_key", "subscriber"],
                condition=Q(ended_at=None) & ~Q(site_key=""),
                name="subscription_site_once",
            ),
            models.UniqueConstraint(
                fields=["treatment_key", "subscriber"],
                condition=Q(ended_at=None) & ~Q(treatment_key=""),
                name="subscription_treatment_once",
            ),
            models.UniqueConstraint(
                fields=["explainer", "subscriber"],
                condition=Q(ended_at=None, explainer__isnull=False),
                name="subscription_explainer_once",
            ),
            models.UniqueConstraint(
                fields=["search", "subscriber"],
                condition=Q(ended_at=None) & ~Q(search=""),
                name="subscription_search_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_reason="") | (Q(ended_at__isnull=False) & ~Q(ended_reason="")),
                name="subscription_ended_with_reason",
            ),
        ]
        indexes = [
            # matching: who turned this trial's mails off, so that its condition's mails leave it out too
            models.Index(
                fields=["trial", "subscriber"], condition=Q(ended_reason="unsubscribed"), name="subscription_muted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id}: {self.topic_key}"

    @property
    def scopes(self) -> list[tuple[str, str]]:
        """What its reader can choose from: a brief is there for whole conditions; of a text all news matters."""
        if self.explainer_id is not None:
            return [(Scope.MATTERS.value, "What our editors changed")]
        has_brief = self.condition_id is not None and not self.has_place
        return [(each.value, each.label) for each in Scope if has_brief or each != Scope.BRIEF]

    @property
    def topic_key(self) -> str:
        """The same for everybody who follows the same."""
        return " ".join(
            f"{name.removesuffix('_id')} {value}"
            for name, value in self.topic_values.items()
            if value not in (None, "")
        )

    @property
    def topic(self) -> str:
        """What it follows, in a reader's words."""
        return topics.words(self)


def new_nonce() -> str:
    return secrets.token_urlsafe(32)


class Confirmation(Topic):
    """What somebody asked for on a page, until they prove by a mailed link that the address is theirs.

    The page only inserts the row: whether a mail goes out is decided later, so that the page tells nobody
    whether an address is known.
    """

    class Purpose(models.TextChoices):
        SUBSCRIBE = "subscribe", "Subscribe"
        MANAGE = "manage", "Open the settings"
        CHANGE = "change", "Change the address"
        NOTICE = "notice", "Tell the old address"

    KEPT_FOR = timedelta(days=7)
    VALID_FOR = {Purpose.MANAGE: timedelta(minutes=15)}

    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.SUBSCRIBE)
    email = models.CharField(max_length=addresses.LONGEST, null=True, blank=True)
    key = models.CharField(max_length=64, editable=False)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    # A sign-up goes with its topic; it may ask for a trial and a condition at once
    trial = models.ForeignKey("trials.Trial", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    condition = models.ForeignKey("trials.Condition", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    explainer = models.ForeignKey(
        "explainers.Explainer", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.MATTERS)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.AT_ONCE)
    consent_version = models.CharField(max_length=20)
    source = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=24, blank=True, help_text="A keyed hash, for the limits; gone after a day.")
    domain = models.CharField(
        max_length=24, blank=True, help_text="The address's domain: a keyed hash, for the limits."
    )
    nonce = models.CharField(max_length=43, default=new_nonce, editable=False)
    created_at = models.DateTimeField()
    mail_after = models.DateTimeField(help_text="An address gets one such mail in ten minutes: the next waits.")
    mailed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it was decided whether to mail.")
    leader = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="followers")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mailed_at=None) | Q(settled_at__isnull=False), name="confirmation_mailed_once_settled"
            ),
            models.CheckConstraint(condition=whole_place(), name="confirmation_whole_place"),
        ]
        indexes = [
            # the sweep: what was asked for and not yet decided
            models.Index(fields=["mail_after"], condition=Q(settled_at=None), name="confirmation_waiting"),
            # the limits per address
            models.Index(fields=["key", "mailed_at"], name="confirmation_of_address"),
            models.Index(fields=["domain", "mailed_at"], name="confirmation_of_domain"),
            models.Index(fields=["network", "created_at"], name="confirmation_of_network"),
            # retention, and the site's own limit
            models.Index(fields=["created_at"], name="confirmation_age"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def topics(self) -> list[dict[str, Any]]:
        """What a sign-up asks to follow: its trial, its condition, its text, or several; or one of the others."""
        nothing: dict[str, Any] = dict.fromkeys(TOPIC_FIELDS) | {"site_key": "", "treatment_key": "", "search": ""}
        place = {name: getattr(self, name) for name in ("place_latitude", "place_longitude", "radius_km")}
        found = []
        if self.trial_id is not None:
            found.append(nothing | {"trial_id": self.trial_id})
        if self.condition_id is not None:
            found.append(nothing | {"condition_id": self.condition_id, **place})
        if self.explainer_id is not None:
            found.append(nothing | {"explainer_id": self.explainer_id})
        for name in ("site_key", "treatment_key", "search"):
            if getattr(self, name):
                found.append(nothing | {name: getattr(self, name)})
        return found

    def is_open(self, now: datetime) -> bool:
        """A link's time runs from its mail, which may have had to wait."""
        valid = self.VALID_FOR.get(self.Purpose(self.purpose), self.KEPT_FOR)
        return self.used_at is None and now < (self.mailed_at or self.created_at) + valid


class Suppression(models.Model):
    """An address that gets no mail. Known by its keyed hash only, so that it outlives the address."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", "The address does not exist"
        SOFT_BOUNCED = "soft-bounced", "The mailbox refused mail for days"
        COMPLAINED = "complained", "Marked as spam"
        ERASED = "erased", "Erased by its owner"

    key = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=Reason)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reason} {self.key[:8]}"
