"""Each look at the registry is a row: the import ledger, the staged studies and the ones that could not be read."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    def good(self) -> "SyncRunQuerySet":
        return self.filter(state__in=(SyncRun.State.PUBLISHED, SyncRun.State.DISCARDED))

    def good_polls(self) -> "SyncRunQuerySet":
        """Polls that came to their end, the newest first."""
        kinds = (SyncRun.Kind.INCREMENTAL, SyncRun.Kind.FULL, SyncRun.Kind.INVENTORY)
        # By start: a run that was held and then let go late still tells of the day on which it was fetched.
        return self.good().filter(kind__in=kinds).order_by("-id")

    def last_good_poll(self) -> "SyncRun | None":
        """Its data is what "we checked the registry" means."""
        return self.good_polls().first()

    def held(self) -> "SyncRunQuerySet":
        return self.filter(state=SyncRun.State.HELD)

    def with_news(self) -> "SyncRunQuerySet":
        """Published runs that brought changes or arrivals that somebody may want to hear of."""
        return self.filter(state=SyncRun.State.PUBLISHED, is_baseline=False, events__gt=0)


class SyncRun(models.Model):
    class Kind(models.TextChoices):
        INCREMENTAL = "incremental", "What changed"
        SINCE = "since", "Since a day"
        FULL = "full", "Everything"
        IDS = "ids", "Named studies"
        FILE = "file", "From a file"
        INVENTORY = "inventory", "Inventory"
        REFETCH = "refetch", "Rolling refetch"
        REPLAY = "replay", "Read again from our own store"

    class Decision(models.TextChoices):
        RELEASE = "release", "Release"
        DISCARD = "discard", "Discard"

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        HELD = "held", "Held for a person"
        PUBLISHED = "published", "Published"
        DISCARDED = "discarded", "Discarded"
        SUPERSEDED = "superseded", "Superseded by a later run"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    is_baseline = models.BooleanField(default=False, help_text="Stored without telling anybody.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the registry last said that nothing had moved since."
    )
    since = models.DateField(null=True, blank=True)
    data_timestamp = models.CharField(max_length=40, blank=True, help_text="The registry's own, when it was read.")
    cursor = models.TextField(blank=True, help_text="Where a baseline import goes on after a stop.")
    seen = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    events = models.PositiveIntegerField(default=0, help_text="Changes told to readers, arrivals included.")
    missing = models.PositiveIntegerField(default=0, help_text="Studies that an inventory did not list.")
    held_because = models.TextField(blank=True)
    error = models.TextField(blank=True)
    drift = models.TextField(blank=True, help_text="Where the registry's data was not of the shape it promises.")
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="The registry asked to be left alone until then."
    )
    rung = models.CharField("transport", max_length=20, blank=True, help_text="The transport that worked.")
    decision = models.CharField(
        max_length=10, choices=Decision, blank=True, help_text="What a person wants done; a worker does it."
    )
    decided_by = models.ForeignKey(
        "auth.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Who let it go."
    )
    objects = SyncRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("decide_syncrun", "Can release or discard held runs")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running", finished_at=None) | ~Q(state="running"),
                name="sync_run_finished_unless_running",
            ),
            models.CheckConstraint(condition=~Q(state="held") | ~Q(held_because=""), name="sync_run_held_says_why"),
        ]
        indexes = [
            # matching: the few published runs that brought news
            models.Index(fields=["id"], condition=Q(state="published", is_baseline=False, events__gt=0),
                         name="sync_run_with_news"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"run {self.pk} ({self.kind}, {self.state})"

    @property
    def checked_at(self) -> datetime:
        """What "we checked the registry" means on a page."""
        return self.confirmed_at or self.started_at

    @property
    def seconds(self) -> float:
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    @property
    def held(self) -> int:
        return self.events if self.state == self.State.HELD else 0


class StagedStudy(models.Model):
    """A study that a run fetched and found different; waits here until the run is checked and published."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="staged")
    nct_id = models.CharField("NCT ID", max_length=11)
    packed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "nct_id"], name="staged_study_once")]

    def __str__(self) -> str:
        return f"{self.nct_id} of run {self.run_id}"


class QuarantinedStudy(models.Model):
    """A study that could not be read or stored. Its trial keeps the last good record; the study is tried again."""

    FIRST_WAIT = timedelta(minutes=15)
    LONGEST_WAIT = timedelta(days=1)

    nct_id = models.CharField("NCT ID", max_length=20, unique=True)
    reason = models.TextField()
    packed = models.BinaryField()
    tries = models.PositiveIntegerField(default=1)
    first_failed_at = models.DateTimeField()
    retry_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "quarantined studies"

    def __str__(self) -> str:
        return f"{self.nct_id}: {self.reason}"


class MissingStudy(models.Model):
    """A trial that an inventory did not list. Only a second inventory, of other data, makes it gone."""

    trial = models.OneToOneField("trials.Trial", on_delete=models.CASCADE, related_name="missing")
    data_timestamp = models.CharField(max_length=40, help_text="Of the first inventory without it.")
    is_out_of_scope = models.BooleanField(default=False, help_text="The registry still has it, outside our scope.")
    noticed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "missing studies"

    def __str__(self) -> str:
        return f"{self.trial_id} missing since {self.data_timestamp}"
