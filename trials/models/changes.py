"""What changed in a trial, and the studies as they were before."""

from typing import Any

from django.db import models
from django.db.models import Q

from trials import wording
from trials.changes import Change, Rank
from trials.packing import unpack


class TrialChangeQuerySet(models.QuerySet["TrialChange"]):
    def of_updates(self) -> "TrialChangeQuerySet":
        """Changes of trials that were known before: the arrival of a trial is no update."""
        return self.filter(version__gt=1)

    def newest_first(self) -> "TrialChangeQuerySet":
        return self.order_by("-version", "-rank", "id")


class TrialChange(models.Model):
    """One change that an update brought. Appended, never overwritten: pages, feeds and mails are worded from it.

    A trial's arrival is the change LISTED at version 1; it concerns those who follow a condition.
    """

    LISTED = "listed"
    GONE = "gone"
    RETURNED = "returned"
    SENTENCES = {
        LISTED: "This trial was listed in the registry.",
        GONE: "The registry no longer lists this trial.",
        RETURNED: "The registry lists this trial again.",
    }
    """Events that are no difference between two records, so wording knows nothing of them."""

    class Ranks(models.IntegerChoices):
        PAGE_ONLY = Rank.PAGE_ONLY, "Page only"
        DIGEST = Rank.DIGEST, "Digest"
        TELL_NOW = Rank.TELL_NOW, "Tell now"

    trial = models.ForeignKey("trials.Trial", on_delete=models.CASCADE, related_name="changes", db_index=False)
    run = models.ForeignKey("trials.SyncRun", on_delete=models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField(help_text="The trial's version that brought it.")
    field = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    rank = models.PositiveSmallIntegerField(choices=Ranks)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    subject = models.TextField(blank=True)
    detected_at = models.DateTimeField()
    posted_on = models.DateField(null=True, help_text="When the registry posted the update.")

    objects = TrialChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "version", "field"], name="trial_change_once"),
            models.CheckConstraint(
                condition=Q(version__gt=1) | Q(kind="listed"), name="trial_change_after_first_version"
            ),
        ]
        indexes = [
            # "recently changed" and the feed of all significant changes
            models.Index(fields=["-detected_at", "-rank"], name="trial_change_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id}/{self.version} {self.field}"

    @property
    def change(self) -> Change:
        return Change(self.field, self.kind, Rank(self.rank), self.old, self.new, self.subject)

    @property
    def sentence(self) -> str:
        if self.kind in self.SENTENCES:
            return self.SENTENCES[self.kind]
        return wording.sentence(self.change)


class TrialVersion(models.Model):
    """A trial's study as it was before an update, without any person's contact data: for comparing versions."""

    trial = models.ForeignKey("trials.Trial", on_delete=models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    packed = models.BinaryField()
    replaced_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "version"], name="trial_version_once")]

    def __str__(self) -> str:
        return f"{self.trial_id}/{self.version}"

    @property
    def study(self) -> dict[str, Any]:
        return unpack(self.packed)
