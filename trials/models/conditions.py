"""Conditions: the vocabulary that editors control, made from MeSH and the registrants' terms."""

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.urls import reverse


class ConditionQuerySet(models.QuerySet["Condition"]):
    def shown(self) -> "ConditionQuerySet":
        return self.filter(is_hidden=False, merged_into=None)

    def commonest(self) -> "ConditionQuerySet":
        """Those with the most open trials first."""
        return self.shown().filter(open_count__gt=0).order_by("-open_count", "name")


class Condition(models.Model):
    name = models.CharField(max_length=300, help_text="In everyday word order, as readers see it.")
    slug = models.SlugField(max_length=120, unique=True)
    key = models.CharField(max_length=300, unique=True, help_text="What two spellings of one name share.")
    mesh_id = models.CharField("MeSH ID", max_length=12, blank=True)
    is_hidden = models.BooleanField(default=False, help_text="No chip, no page: for terms that name no condition.")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    trial_count = models.PositiveIntegerField(default=0, editable=False)
    open_count = models.PositiveIntegerField(default=0, editable=False)

    objects = ConditionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(key=""), name="condition_has_key"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="condition_not_merged_into_itself"),
        ]
        indexes = [
            # the commonest conditions on the home page and in the list's filters
            models.Index(F("open_count").desc(), F("name"), name="condition_commonest",
                         condition=Q(is_hidden=False, merged_into=None, open_count__gt=0)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("trials:condition", args=[self.slug])


class ConditionName(models.Model):
    """Another name under which the condition is found: a lay name, a spelling, a learned pair.

    The names that editors and MeSH give also cover a registrant's term, which then makes no chip of its own.
    """

    class Source(models.TextChoices):
        EDITOR = "editor", "Editor"
        MESH = "mesh", "MeSH term"
        LAY = "lay", "Everyday name"
        LEARNED = "learned", "Learned from the records"

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=300)
    key = models.CharField(max_length=300)
    source = models.CharField(max_length=10, choices=Source, default=Source.EDITOR)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(source="learned"), name="condition_name_key_once"),
            models.UniqueConstraint(fields=["condition", "key"], name="condition_name_once"),
        ]
        indexes = [
            # the names in a question, and names that begin like what is being typed
            models.Index(OpClass("key", name="varchar_pattern_ops"), name="condition_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class TrialCondition(models.Model):
    """A chip of a trial. `position` keeps the registrant's order behind the MeSH terms."""

    trial = models.ForeignKey(
        "trials.Trial", on_delete=models.CASCADE, related_name="trial_conditions", db_index=False
    )
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="trial_conditions")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["trial", "condition"], name="trial_condition_once")]

    def __str__(self) -> str:
        return f"{self.trial_id}: {self.condition_id}"
