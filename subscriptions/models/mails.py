"""What concerned whom, and what was sent: every arrow between two stages is a table."""

from django.db import models
from django.db.models import Q

from subscriptions.models.people import Confirmation, Frequency, Subscriber, Subscription


class MatchedRun(models.Model):
    """How far the matching of a sync run has come. A run without one, or with an unfinished one, is work to do."""

    run = models.OneToOneField("trials.SyncRun", on_delete=models.CASCADE, primary_key=True, related_name="+")
    matched_to = models.BigIntegerField(default=0, help_text="Subscribers up to this id are done.")
    notifications = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"matching of run {self.run_id}"


class MatchedUpdate(models.Model):
    """A text's update whose followers were found: their notifications were written with it, in one transaction."""

    update = models.OneToOneField(
        "explainers.ExplainerUpdate", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    notifications = models.PositiveIntegerField(default=0)
    matched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"matching of update {self.update_id}"


class DigestRun(models.Model):
    """One gathering of the readers whose hour has come. `due_hour` is a label, never computed from "now"."""

    frequency = models.CharField(max_length=10, choices=Frequency)
    due_hour = models.DateTimeField(help_text="A full hour in UTC.")
    mails = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["frequency", "due_hour"], name="digest_run_once"),
            models.CheckConstraint(condition=~Q(frequency="at-once"), name="digest_run_is_periodic"),
        ]

    def __str__(self) -> str:
        return f"{self.frequency} {self.due_hour:%Y-%m-%dT%HZ}"


class Email(models.Model):
    """The outbox. A mail is rendered when it is sent, from rows that do not change any more."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", "Confirmation"
        MANAGE = "manage", "Link to the settings"
        CHANGE = "change", "Confirm a new address"
        NOTICE = "notice", "Address changed"
        ALERT = "alert", "Alert"
        DIGEST = "digest", "Digest"

    class Lane(models.TextChoices):
        CONFIRMATIONS = "confirmations", "Confirmations"
        ALERTS = "alerts", "Alerts"
        DIGESTS = "digests", "Digests"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        CLAIMED = "claimed", "Taken by a sender"
        SENDING = "sending", "On the wire"
        SENT = "sent", "Sent"
        RETRY = "retry", "Will be tried again"
        FAILED = "failed", "Given up"
        UNKNOWN = "unknown", "Parked: the server may have it"
        CANCELLED = "cancelled", "Not wanted any more"

    WAITING = (State.PENDING, State.RETRY)
    HELD_BY_SENDER = (State.CLAIMED, State.SENDING)

    kind = models.CharField(max_length=8, choices=Kind)
    lane = models.CharField(max_length=13, choices=Lane)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, null=True, blank=True, related_name="emails")
    confirmation = models.OneToOneField(
        Confirmation, on_delete=models.CASCADE, null=True, blank=True, related_name="mail"
    )
    digest_run = models.ForeignKey(DigestRun, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
    message_id = models.CharField("Message-ID", max_length=200, unique=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    token = models.UUIDField(null=True, blank=True, help_text="The sender that holds it.")
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ambiguous = models.PositiveSmallIntegerField(default=0, help_text="How often its sender died with it on the wire.")
    phase = models.CharField(max_length=10, blank=True, help_text="How far the last try came.")
    code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="What the mail server answered.")
    error = models.CharField(max_length=200, blank=True, help_text="Never holds an address.")
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("alert", "digest"), subscriber__isnull=False, confirmation=None)
                | Q(kind__in=("confirm", "manage", "change", "notice"), confirmation__isnull=False),
                name="email_has_recipient",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("claimed", "sending"), token__isnull=False, leased_until__isnull=False)
                | (~Q(state__in=("claimed", "sending")) & Q(token=None, leased_until=None)),
                name="email_held_by_a_sender",
            ),
            models.CheckConstraint(condition=Q(state="sent") | Q(sent_at=None), name="email_sent_at_when_sent"),
            models.UniqueConstraint(
                fields=["digest_run", "subscriber"], condition=Q(digest_run__isnull=False), name="email_digest_once"
            ),
        ]
        indexes = [
            # a sender's next mails
            models.Index(fields=["lane", "due_at"], condition=Q(state__in=("pending", "retry")), name="email_due"),
            # the mails of senders that may have died
            models.Index(fields=["leased_until"], condition=Q(state__in=("claimed", "sending")), name="email_held"),
            # the admin's list of what needs a person
            models.Index(fields=["state"], condition=Q(state__in=("failed", "unknown")), name="email_needs_a_person"),
            # the breaker: when the last thousand bulk mails went
            models.Index(
                fields=["-sent_at"], condition=Q(kind__in=("alert", "digest"), state="sent"), name="email_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"


class Notification(models.Model):
    """One change, or one update of a text, concerns one subscription. Unique, so that matching may run many times."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_index=False, related_name="notifications"
    )
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, db_index=False, related_name="+")
    change = models.ForeignKey("trials.TrialChange", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    explainer_update = models.ForeignKey(
        "explainers.ExplainerUpdate", on_delete=models.CASCADE, null=True, blank=True, db_index=False, related_name="+"
    )
    is_urgent = models.BooleanField(help_text="Its update holds a change to tell at once.")
    created_at = models.DateTimeField()
    email = models.ForeignKey(
        Email, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="notifications"
    )
    dropped_at = models.DateTimeField(null=True, blank=True, help_text="It was undone before it was told.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "change"], name="notification_once"),
            models.UniqueConstraint(
                fields=["explainer_update", "subscription"],
                condition=Q(explainer_update__isnull=False),
                name="notification_of_text_once",
            ),
            models.CheckConstraint(
                condition=Q(change__isnull=False, explainer_update=None)
                | Q(change=None, explainer_update__isnull=False),
                name="notification_about_one_thing",
            ),
            models.CheckConstraint(condition=Q(email=None) | Q(dropped_at=None), name="notification_told_or_dropped"),
        ]
        indexes = [
            # composing: a reader's untold changes
            models.Index(fields=["subscriber"], condition=Q(email=None, dropped_at=None), name="notification_untold"),
            # rendering: a mail's changes
            models.Index(fields=["email"], condition=Q(email__isnull=False), name="notification_of_email"),
        ]

    def __str__(self) -> str:
        about = f"change {self.change_id}" if self.change_id else f"update {self.explainer_update_id}"
        return f"{about} for subscription {self.subscription_id}"


class BounceReport(models.Model):
    """What came back about one mail. The message itself may hold anything: it is kept 30 days, to find out why."""

    LONGEST_RAW = 65_536

    class Kind(models.TextChoices):
        HARD = "hard", "No such mailbox"
        SOFT = "soft", "The mailbox refused this mail"
        COMPLAINT = "complaint", "Marked as spam"

    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=9, choices=Kind)
    status = models.CharField(max_length=11, blank=True, help_text="RFC 3463's code, such as 5.1.1.")
    received_at = models.DateTimeField()
    raw = models.BinaryField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email", "kind"], name="bounce_report_once")]
        indexes = [
            # the breaker: what came back lately
            models.Index(fields=["kind", "received_at"], name="bounce_report_lately"),
            # retention: messages to forget
            models.Index(fields=["received_at"], condition=Q(raw__isnull=False), name="bounce_report_raw"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status} for mail {self.email_id}"


class ProviderEvent(models.Model):
    """What our mail provider reported about a mail. Unique, so that a replay changes nothing. Holds no address."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", "Arrived"
        HARD = "hard", "No such mailbox"
        SOFT = "soft", "The mailbox refused this mail"
        POLICY = "policy", "Our mail is not wanted there"
        COMPLAINT = "complaint", "Marked as spam"

    event_key = models.CharField(max_length=64, unique=True, help_text="A hash of the provider's number of the event.")
    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="provider_events")
    kind = models.CharField(max_length=9, choices=Kind)
    status = models.CharField(max_length=11, blank=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True, help_text="Empty while its mail is with a sender.")

    class Meta:
        indexes = [
            # the sweep: what came while its mail was on the wire
            models.Index(fields=["received_at"], condition=models.Q(settled_at=None), name="provider_event_waiting"),
            # retention
            models.Index(fields=["received_at"], name="provider_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status} for mail {self.email_id}"


class ProviderPace(models.Model):
    """How far one mailbox provider's pace is booked. Known by a keyed hash of its domain."""

    domain = models.CharField(max_length=24, primary_key=True)
    next_at = models.DateTimeField(help_text="When its next mail may go.")
    confirmations_to = models.DateTimeField(null=True, blank=True, help_text="Until when that lane's mails are spread.")
    alerts_to = models.DateTimeField(null=True, blank=True)
    digests_to = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"pace of {self.domain[:8]}"


class MailSwitch(models.Model):
    """One row: the site's pace, and whether sending stands still. Senders in all processes read and move it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_slot_at = models.DateTimeField(help_text="When the next mail may go, by MAIL_RATE.")
    open_until = models.DateTimeField(null=True, blank=True, help_text="No mail before; then one probe.")
    refusals = models.PositiveIntegerField(default=0, help_text="Policy refusals since the last mail that went.")
    reason = models.CharField(max_length=200, blank=True)
    tidied_at = models.DateTimeField(null=True, blank=True, help_text="When what is too old was last removed.")
    is_bulk_paused = models.BooleanField(default=False, help_text="Alerts and digests wait for an administrator.")
    counts_from = models.DateTimeField(null=True, blank=True, help_text="Bounces before this were looked at.")
    hold_released_in = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="The database in which MAIL_HOLD was let go."
    )
    hold_released_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    hold_released_at = models.DateTimeField(null=True, blank=True)
    home = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="The database that mail was last let go from."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="mail_switch_single")]

    def __str__(self) -> str:
        return "mail switch"
