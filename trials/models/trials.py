"""The current record of each trial: a row of facts for lists and filters, and the stored study for its page."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from trials import records
from trials.packing import unpack


class TrialQuerySet(models.QuerySet["Trial"]):
    def listed(self) -> "TrialQuerySet":
        """Trials that the registry still has."""
        return self.filter(gone_at=None)

    def open_now(self) -> "TrialQuerySet":
        """Trials that look for people now. By invitation and unknown are not open."""
        return self.listed().filter(status__in=Trial.OPEN_STATUSES)

    def newest(self) -> "TrialQuerySet":
        return self.listed().order_by(F("first_posted").desc(nulls_last=True), "-nct_id")

    def for_page(self) -> "TrialQuerySet":
        """All that a trial page reads of the trial itself, in one query."""
        return self.select_related("document", "plain_summary", "subscription_condition")


class Trial(models.Model):
    OPEN_STATUSES = records.OPEN_STATUSES

    nct_id = models.CharField("NCT ID", max_length=11, unique=True)
    brief_title = models.TextField()
    official_title = models.TextField(blank=True)
    acronym = models.CharField(max_length=40, blank=True)

    # Enums are the registry's own words, kept as they come: a new value must not stop a sync.
    status = models.CharField("overall status", max_length=40)
    last_known_status = models.CharField(max_length=40, blank=True)
    study_type = models.CharField(max_length=40, blank=True)
    phases = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    sponsor = models.TextField("lead sponsor", blank=True)
    sponsor_class = models.CharField(max_length=20, blank=True)

    # Dates are as precise as the registrant was: yyyy, yyyy-MM or yyyy-MM-dd; types ACTUAL, ESTIMATED or "".
    status_verified = models.CharField(max_length=10, blank=True)
    start_date = models.CharField(max_length=10, blank=True)
    start_date_type = models.CharField(max_length=12, blank=True)
    primary_completion_date = models.CharField(max_length=10, blank=True)
    primary_completion_date_type = models.CharField(max_length=12, blank=True)
    completion_date = models.CharField(max_length=10, blank=True)
    completion_date_type = models.CharField(max_length=12, blank=True)
    first_posted = models.DateField(null=True, blank=True)
    last_update_posted = models.DateField(null=True, blank=True)

    enrollment = models.PositiveIntegerField(null=True, blank=True)
    enrollment_type = models.CharField(max_length=12, blank=True)
    sex = models.CharField(max_length=10, blank=True)
    minimum_age_days = models.PositiveIntegerField(null=True, blank=True)
    maximum_age_days = models.PositiveIntegerField(null=True, blank=True)
    healthy_volunteers = models.BooleanField(null=True, blank=True)
    has_results = models.BooleanField(default=False)
    countries = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    site_count = models.PositiveIntegerField(default=0)

    conditions = models.ManyToManyField("trials.Condition", through="trials.TrialCondition", related_name="trials")
    subscription_condition = models.ForeignKey(
        "trials.Condition", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    keeps_subscription_condition = models.BooleanField(
        default=False, help_text="Set by an editor: a sync leaves the subscription condition as it is."
    )

    version = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_changed_at = models.DateTimeField("last updated")
    gone_at = models.DateTimeField(null=True, blank=True, help_text="When the registry was found to have dropped it.")
    moved_to = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="moved_here",
        help_text="The registry merged this study into that one: its page redirects, its followers follow that one.",
    )  # fmt: skip
    is_served = models.BooleanField(
        default=False, help_text="The registry itself served it; files bring others, which no inventory covers."
    )
    content_hash = models.BinaryField(max_length=16)
    hash_version = models.PositiveSmallIntegerField(default=records.HASH_VERSION)

    objects = TrialQuerySet.as_manager()

    chips: list[dict[str, str]]
    """`name` and `slug` of the conditions that readers see: the one to subscribe to, MeSH terms, the others; set by
    trials/pages/reading.py."""
    is_named: bool
    """Whether an explainer names the trial; set there, too."""
    polled_at: datetime | None
    """When we last checked the registry; set there, too, so that no page has to ask for it by itself."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(nct_id__regex=r"^NCT\d{8}$"), name="trial_nct_id_form"),
            models.CheckConstraint(condition=Q(version__gte=1), name="trial_version_from_one"),
            models.CheckConstraint(
                condition=Q(last_changed_at__gte=F("first_seen_at")), name="trial_changed_after_first_seen"
            ),
            models.CheckConstraint(condition=~Q(status=""), name="trial_has_status"),
        ]
        indexes = [
            # the home page's newest and the feeds
            models.Index(F("first_posted").desc(nulls_last=True), F("nct_id").desc(), name="trial_newest"),
            # "recently changed" on the home page
            models.Index(F("last_changed_at").desc(), condition=Q(version__gt=1), name="trial_recently_changed"),
        ]

    def __str__(self) -> str:
        return self.nct_id

    def get_absolute_url(self) -> str:
        return reverse("trials:trial", args=[self.nct_id])

    @cached_property
    def record(self) -> records.TrialRecord:
        """The stored study, parsed. Costs a third of a millisecond; for pages about one trial."""
        return self.document.record

    @property
    def update_count(self) -> int:
        return self.version - 1

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN_STATUSES and self.gone_at is None

    @property
    def registry_url(self) -> str:
        return f"https://clinicaltrials.gov/study/{self.nct_id}"

    @property
    def summary(self) -> Any | None:
        """The editors' published PlainSummary, or None."""
        summary = getattr(self, "plain_summary", None)
        return summary if summary is not None and summary.is_published else None

    @property
    def headline(self) -> str:
        summary = self.summary
        return summary.title if summary else self.brief_title or self.official_title or self.nct_id


class TrialAlias(models.Model):
    """An older NCT ID under which the registry once listed the trial; its address redirects."""

    alias = models.CharField(max_length=11, unique=True)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "trial aliases"
        constraints = [models.CheckConstraint(condition=Q(alias__regex=r"^NCT\d{8}$"), name="trial_alias_form")]

    def __str__(self) -> str:
        return self.alias


class TrialDocument(models.Model):
    """The study as last served, without results. Contacts of people are here and nowhere else."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, primary_key=True, related_name="document")
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"study of {self.trial_id}"

    @property
    def study(self) -> dict[str, Any]:
        return unpack(self.packed)

    @cached_property
    def record(self) -> records.TrialRecord:
        return records.parse(self.study)


class Location(models.Model):
    """One site of a trial, for finding and following; the page itself reads the record."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="locations", db_index=False)
    position = models.PositiveSmallIntegerField()
    facility = models.TextField(blank=True)
    status = models.CharField(max_length=40, blank=True, help_text="Empty where the registry gives none.")
    city = models.TextField(blank=True)
    state = models.TextField(blank=True)
    zip = models.TextField(blank=True)
    country = models.TextField(blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "position"], name="location_position_once"),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="location_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.facility, self.city, self.country) if part)
