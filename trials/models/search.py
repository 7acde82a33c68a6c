"""What finding reads: one narrow row a trial, made by trials/search_index.py in the same pass as the trial itself."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.utils.text import slugify

from trials import ready
from trials.models.trials import Trial
from trials.search import query


class TrialSearch(models.Model):
    """A listed trial as the search sees it; one that is gone from the registry has no row.

    `terms` holds words and every filter's mark as numbers (see trials/search/terms.py), so that one index answers any
    mix of them, and a row that a search visits has half a kilobyte.
    """

    OPEN = query.OPEN
    """Added to the rank of trials that look for people now; below it, days since 1970."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, primary_key=True, related_name="search")
    rank = models.IntegerField(help_text="Open ones first, then the registry's last update, in days.")
    posted = models.IntegerField(help_text="First posted, in days since 1970.")
    facets = models.IntegerField(help_text="Status, phases, type and flags in one number: see trials/search/facets.py.")
    minimum_age = models.IntegerField(help_text="In days; 0 without a limit.")
    maximum_age = models.IntegerField(help_text="In days; NO_LIMIT without a limit.")
    regions = ArrayField(models.IntegerField(), help_text="Countries and states of the sites.")
    terms = ArrayField(models.IntegerField())

    NO_LIMIT = ready.NO_LIMIT

    class Meta:
        verbose_name_plural = "search rows"
        indexes = [
            # every search and filter
            GinIndex(fields=["terms"], name="trialsearch_terms"),
            # the same where only trials that look for people now are wanted, which is the default: a fifth as long
            GinIndex(fields=["terms"], name="trialsearch_open_terms", condition=Q(rank__gte=2**20)),
            # the best of too many hits, and the list without a question
            models.Index(fields=["-rank", "-trial"], name="trialsearch_rank"),
            # the newest of too many hits
            models.Index(fields=["-posted", "-trial"], name="trialsearch_posted"),
        ]

    def __str__(self) -> str:
        return f"search row of {self.trial_id}"


class Region(models.Model):
    """A country, or a state of one, in which a trial has a site."""

    country = models.CharField(max_length=60)
    state = models.CharField(max_length=120, blank=True, help_text="Empty for the country itself.")
    slug = models.CharField(max_length=200, db_index=True, help_text="As in an address: canada or canada/ontario.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "state"], name="region_once")]

    def __str__(self) -> str:
        return f"{self.state}, {self.country}" if self.state else self.country


def region_slug(country: str, state: str = "") -> str:
    return f"{slugify(country)}/{slugify(state)}" if state else slugify(country)


class SitePoint(models.Model):
    """A point on which sites lie: the registry places a site in the middle of its city."""

    latitude = models.FloatField()
    longitude = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["latitude", "longitude"], name="site_point_once")]

    def __str__(self) -> str:
        return f"{self.latitude},{self.longitude}"


class SearchWord(models.Model):
    """A word of conditions, treatments and titles, for "did you mean"."""

    word = models.CharField(max_length=40, primary_key=True)
    uses = models.PositiveIntegerField(default=0, help_text="About how many trials have it.")

    class Meta:
        indexes = [
            # words that look like one that nobody uses
            GinIndex(OpClass("word", name="gin_trgm_ops"), name="searchword_alike"),
        ]

    def __str__(self) -> str:
        return self.word
