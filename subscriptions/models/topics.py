"""What one can follow. Columns that a sign-up and the subscription that it begins have in common."""

from typing import Any

from django.db import models
from django.db.models import Q

TOPIC_FIELDS = (
    "trial_id", "condition_id", "place_latitude", "place_longitude", "radius_km", "site_key", "treatment_key", "search",
    "explainer_id",
)  # fmt: skip
ROUNDING_KM = 8
"""A place is stored to a tenth of a degree: a site may lie so much nearer than it seems."""


class Topic(models.Model):
    """Exactly one of: a trial, a condition (all over, or around a place), a site, a treatment, a search, a text."""

    trial = models.ForeignKey(
        "trials.Trial", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="%(class)ss"
    )
    condition = models.ForeignKey(
        "trials.Condition", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="%(class)ss"
    )
    place_latitude = models.FloatField(null=True, blank=True, help_text="To a tenth of a degree, never more exact.")
    place_longitude = models.FloatField(null=True, blank=True)
    radius_km = models.PositiveSmallIntegerField(null=True, blank=True)
    site_key = models.CharField(max_length=300, blank=True, db_default="", default="")
    treatment_key = models.CharField(max_length=200, blank=True, db_default="", default="")
    search = models.CharField(max_length=600, blank=True, db_default="", default="", help_text="Its canonical query.")
    explainer = models.ForeignKey(
        "explainers.Explainer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="%(class)ss",
    )
    topic_name = models.CharField(
        max_length=300, blank=True, db_default="", default="", help_text="The town, site, treatment or search in words."
    )

    class Meta:
        abstract = True

    @property
    def has_place(self) -> bool:
        return self.place_latitude is not None

    @property
    def topic_values(self) -> dict[str, Any]:
        """By these a topic is the same as another."""
        return {name: getattr(self, name) for name in TOPIC_FIELDS}


def one_topic() -> Q:
    """Exactly one of the six kinds."""
    named = [Q(trial__isnull=False), Q(condition__isnull=False), Q(explainer__isnull=False)]
    given = [*named, ~Q(site_key=""), ~Q(treatment_key=""), ~Q(search="")]
    whole = Q()
    for chosen in given:
        this = chosen
        for other in given:
            if other is not chosen:
                this &= ~other
        whole |= this
    return whole


def whole_place() -> Q:
    """A point and a distance around it, for a condition; or nothing of it."""
    none = Q(place_latitude=None, place_longitude=None, radius_km=None)
    return none | Q(
        place_latitude__range=(-90, 90),
        place_longitude__range=(-180, 180),
        radius_km__gt=0,
        condition__isnull=False,
    )
