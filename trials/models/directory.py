"""The directory: every treatment and every hospital or site, with its trials. Kept by trials/directory/filling.py.

A row is found by its key: what two spellings of one name share, and what a subscription follows. Rows are never
deleted, and one writer fills the links in batches: they go without foreign keys, which would cost more than the rows.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from trials.models.trials import Trial


class Entry(models.Model):
    """A page. `open_count` are trials that look for people now; at a site, those that may do so there."""

    name = models.CharField(max_length=300)
    slug = models.CharField(max_length=120, db_collation="C")
    trial_count = models.PositiveIntegerField(default=0, editable=False)
    open_count = models.PositiveIntegerField(default=0, editable=False)
    is_hidden = models.BooleanField(default=False, help_text="No page: for names that name nothing to look up.")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged",
        help_text="The page that stays; this one redirects there.",
    )  # fmt: skip

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class EntryQuerySet(models.QuerySet[Entry]):
    def listed(self) -> "EntryQuerySet":
        return self.filter(is_hidden=False, merged_into=None, trial_count__gt=0)


_LISTED = Q(is_hidden=False, merged_into=None, trial_count__gt=0)


class Treatment(Entry):
    # the C collation lets one index serve equality, "begins with" and the order from A to Z
    key = models.CharField(max_length=200, db_collation="C")

    objects = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="treatment_key_once"),
            models.UniqueConstraint(fields=["slug"], name="treatment_slug_once"),
            models.CheckConstraint(condition=~Q(key=""), name="treatment_has_key"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="treatment_not_merged_into_itself"),
        ]
        indexes = [
            # the treatments with the most open trials
            models.Index(F("open_count").desc(), F("key"), name="treatment_commonest",
                         condition=_LISTED & Q(open_count__gt=0)),
            # the filter box: words anywhere in the name
            GinIndex(OpClass("key", name="gin_trgm_ops"), name="treatment_words"),
        ]  # fmt: skip

    def get_absolute_url(self) -> str:
        return reverse("trials:treatment", args=[self.slug])


class Town(models.Model):
    """A city with sites. Country, state and city as first spelt; `slug` is the path under /sites/in/."""

    country = models.CharField(max_length=60)
    state = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=200, blank=True)
    slug = models.CharField(max_length=300, db_collation="C", help_text="united-states/minnesota/rochester")
    site_count = models.PositiveIntegerField(default=0, editable=False)
    open_count = models.PositiveIntegerField(default=0, editable=False, help_text="Sites with an open trial.")

    class Meta:
        # one index for a town, and for the towns of a country or a state
        constraints = [models.UniqueConstraint(fields=["slug"], name="town_slug_once")]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.city, self.state, self.country) if part)

    def get_absolute_url(self) -> str:
        return reverse("trials:sites-in", args=[self.slug])


class Site(Entry):
    key = models.CharField(max_length=300, db_collation="C")
    town = models.ForeignKey(Town, on_delete=models.PROTECT, related_name="sites", db_index=False)
    latitude = models.FloatField(null=True, blank=True, help_text="The registry gives the point of the city.")
    longitude = models.FloatField(null=True, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="site_key_once"),
            models.UniqueConstraint(fields=["slug"], name="site_slug_once"),
            models.CheckConstraint(condition=~Q(key=""), name="site_has_key"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="site_not_merged_into_itself"),
        ]
        indexes = [
            # the hospitals of a city, and how many there are
            models.Index(F("town"), F("open_count").desc(), F("trial_count").desc(), F("key"), name="site_in_town",
                         condition=_LISTED),
            # the hospitals with the most open trials
            models.Index(F("open_count").desc(), F("key"), name="site_commonest",
                         condition=_LISTED & Q(open_count__gt=0)),
            # the filter box: words anywhere in name, city or country
            GinIndex(OpClass("key", name="gin_trgm_ops"), name="site_words"),
        ]  # fmt: skip

    def get_absolute_url(self) -> str:
        return reverse("trials:site", args=[self.slug])


class TrialTreatment(models.Model):
    """`position` is the treatment's place in the record; `rank` orders the page: open first, then lately updated."""

    pk = models.CompositePrimaryKey("trial_id", "treatment_id")
    trial = models.ForeignKey(
        Trial, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    treatment = models.ForeignKey(
        Treatment, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    position = models.PositiveSmallIntegerField()
    rank = models.IntegerField()

    class Meta:
        # the trials of a treatment, in the order of its page
        indexes = [models.Index(fields=["treatment", "-rank", "-trial"], name="trialtreatment_page")]

    def __str__(self) -> str:
        return f"{self.trial_id}: {self.treatment_id}"


class TrialSite(models.Model):
    """`status` is the site's own, empty where the record gives none. Of one listed twice, the open one counts."""

    pk = models.CompositePrimaryKey("trial_id", "site_id")
    trial = models.ForeignKey(
        Trial, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    position = models.PositiveSmallIntegerField()
    rank = models.IntegerField()
    status = models.CharField(max_length=40, blank=True)

    class Meta:
        # the trials of a site, in the order of its page
        indexes = [models.Index(fields=["site", "-rank", "-trial"], name="trialsite_page")]

    def __str__(self) -> str:
        return f"{self.trial_id}: {self.site_id}"


class DirectoryDue(models.Model):
    """A trial that was stored, and that the directory has not looked at since.

    Only appended to and deleted from by id: a trial that is stored again meanwhile has a second row.
    """

    id = models.BigAutoField(primary_key=True)
    trial = models.ForeignKey(
        Trial, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        verbose_name_plural = "trials that the directory has not looked at"

    def __str__(self) -> str:
        return str(self.trial_id)
