"""The plain summary of a trial: five texts, who wrote and checked them, and against which version of the record."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from explainers.explaining import Explained, explain
from explainers.models.known_words import known_words
from trials.changes import Rank
from trials.models import TrialChange


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    REVIEW = "review", "In review"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


@dataclass(frozen=True)
class SummaryText:
    """The five texts as one value: what an editor saves and a reviewer approves."""

    title: str = ""
    summary: str = ""
    active_substance: str = ""
    could_lead_to: str = ""
    could_go_wrong: str = ""

    @classmethod
    def names(cls) -> list[str]:
        return [field.name for field in fields(cls)]

    @classmethod
    def of(cls, source: object) -> "SummaryText":
        return cls(**{name: getattr(source, name) for name in cls.names()})

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    @property
    def is_empty(self) -> bool:
        return not any(self.as_dict().values())


class PlainSummaryQuerySet(models.QuerySet["PlainSummary"]):
    def published(self) -> "PlainSummaryQuerySet":
        return self.filter(state=State.PUBLISHED)

    def in_review(self) -> "PlainSummaryQuerySet":
        return self.filter(Q(state=State.REVIEW) | Q(pending_state=State.REVIEW))


class PlainSummary(models.Model):
    """What readers see is in the five fields. A new text for a published summary waits in `pending` until it is
    approved, so that the page never goes dark for an edit. Only publishing.py writes `state` and `pending_state`."""

    State = State

    trial = models.OneToOneField("trials.Trial", on_delete=models.CASCADE, related_name="plain_summary")
    title = models.CharField(max_length=200, blank=True, help_text="Sentence case, 4 to 16 words.")
    summary = models.TextField(blank=True)
    active_substance = models.CharField(max_length=300, blank=True, help_text="Name, then what it is in brackets.")
    could_lead_to = models.TextField("what this could lead to", blank=True, help_text="With could, may or if.")
    could_go_wrong = models.TextField("what could go wrong", blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    author_name = models.CharField(max_length=250, blank=True, editable=False, help_text="As signed.")
    reviewer_name = models.CharField(max_length=250, blank=True, editable=False, help_text="As signed; empty: nobody.")
    created_at = models.DateTimeField(editable=False)
    edited_at = models.DateTimeField(editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False, help_text="When this text went on the page.")
    first_published_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_because = models.TextField(blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    checked_version = models.PositiveIntegerField(
        null=True, editable=False, help_text="The trial's version that the text was checked against."
    )
    review_on = models.DateField("next review", null=True, blank=True)
    is_sample = models.BooleanField("sample text", default=False, help_text="Says so on the page: nobody checked it.")

    pending = models.JSONField(null=True, editable=False, help_text="New text of a published summary, not yet live.")
    pending_state = models.CharField(max_length=10, blank=True, default="", editable=False)
    pending_author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    revision = models.PositiveIntegerField(default=0, editable=False, help_text="Raised by each save of a text.")

    objects = PlainSummaryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "plain summaries"
        permissions = [
            ("review_plainsummary", "Can approve, send back and publish a plain summary"),
            ("withdraw_plainsummary", "Can withdraw a plain summary"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published")
                | (
                    Q(published_at__isnull=False, checked_at__isnull=False)
                    & Q(checked_version__isnull=False, checked_version__gte=1)
                    & Q(author__isnull=False)
                    & ~Q(author_name="")
                    & ~Q(title="")
                    & ~Q(summary="")
                ),
                name="plain_summary_published_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | ~Q(author=F("reviewer")), name="plain_summary_two_people"
            ),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | ~Q(reviewer_name=""), name="plain_summary_reviewer_signs"
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_because="")),
                name="plain_summary_withdrawn_says_why",
            ),
            models.CheckConstraint(
                condition=Q(pending__isnull=True, pending_state="", pending_author__isnull=True)
                | Q(pending__isnull=False, state="published", pending_state__in=["draft", "review"])
                & Q(pending_author__isnull=False),
                name="plain_summary_pending_only_when_published",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "review", "published", "withdrawn"]), name="plain_summary_known_state"
            ),
        ]
        indexes = [
            # the editors' queue: what waits for a reviewer
            models.Index(fields=["submitted_at"], condition=Q(state="review") | Q(pending_state="review"),
                         name="plain_summary_waiting"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.trial}: {self.title or self.working_text.title or 'no title yet'}"

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED

    @property
    def working_text(self) -> SummaryText:
        """The newest text: what an editor goes on with and a reviewer judges."""
        if self.pending is not None:
            return SummaryText(**self.pending)
        return SummaryText.of(self)

    @property
    def working_state(self) -> str:
        return self.pending_state or self.state

    @property
    def working_author_id(self) -> int | None:
        return self.pending_author_id if self.pending is not None else self.author_id

    @property
    def was_checked_by_second_person(self) -> bool:
        return bool(self.reviewer_name)

    @property
    def explained(self) -> Explained:
        """The texts of the page as HTML, with the words of the glossary marked. Asks the database for no summary."""
        return explain(self.summary, self.active_substance, self.could_lead_to, self.could_go_wrong, known_words())

    def is_review_due(self, today: date) -> bool:
        return self.review_on is not None and self.review_on <= today

    def overtaken_by(self, changes: Iterable[TrialChange]) -> list[TrialChange]:
        """Those of the trial's changes that came after the last check and could matter to this text."""
        checked = self.checked_version or 0
        return [change for change in changes if change.version > checked and change.rank >= Rank.DIGEST]


class SummaryVersion(models.Model):
    """Every text that was ever published, as it stood. Appended, never changed."""

    plain_summary = models.ForeignKey(PlainSummary, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    summary = models.TextField()
    active_substance = models.CharField(max_length=300, blank=True)
    could_lead_to = models.TextField(blank=True)
    could_go_wrong = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(max_length=250)
    reviewer_name = models.CharField(max_length=250, blank=True)
    published_at = models.DateTimeField()
    checked_version = models.PositiveIntegerField(help_text="The trial's version that it was checked against.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["plain_summary", "number"], name="summary_version_once"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.plain_summary_id}"


class SummaryCheck(models.Model):
    """Somebody looked at a published text beside the record and found it still correct."""

    plain_summary = models.ForeignKey(PlainSummary, on_delete=models.CASCADE, related_name="checks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=250)
    checked_at = models.DateTimeField()
    checked_version = models.PositiveIntegerField()
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-checked_at"]

    def __str__(self) -> str:
        return f"{self.by_name} at version {self.checked_version}"
