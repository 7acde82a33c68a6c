"""Conditions: the vocabulary that editors control, made from MeSH and the registrants' terms."""

from django.contrib.postgres.fields import ArrayField
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

    mesh_above = ArrayField(
        models.IntegerField(), null=True, blank=True, editable=False,
        help_text="Numbers of all conditions above it, as a record with this one heading lists them.",
    )  # fmt: skip
    parents = models.ManyToManyField("self", through="ConditionParent", symmetrical=False, related_name="children")

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


class ConditionParent(models.Model):
    """A broader condition: as the records tell of MeSH, or set by an editor. Only MeSH's are made anew each day."""

    class Source(models.TextChoices):
        EDITOR = "editor", "Editor"
        MESH = "mesh", "MeSH"

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="parent_links")
    parent = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="child_links")
    source = models.CharField(max_length=10, choices=Source, default=Source.EDITOR)

    class Meta:
        verbose_name = "broader condition"
        constraints = [
            models.UniqueConstraint(fields=["condition", "parent"], name="condition_parent_once"),
            models.CheckConstraint(condition=~Q(condition=F("parent")), name="condition_not_above_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.condition} is a kind of {self.parent}"


class ConditionNameQuerySet(models.QuerySet["ConditionName"]):
    def trusted(self) -> "ConditionNameQuerySet":
        """Names that editors, MeSH or the starter list gave."""
        return self.exclude(source=ConditionName.Source.LEARNED)

    def suggested(self) -> "ConditionNameQuerySet":
        """Learned names that no editor has judged."""
        return self.filter(source=ConditionName.Source.LEARNED, refused_at=None)


class ConditionName(models.Model):
    """Another name under which the condition is found: a lay name, a spelling, a learned pair.

    The names that editors and MeSH give also cover a registrant's term, which then makes no chip of its own. A learned
    one widens a search and waits for an editor's word; one that was refused stays, so that it is not learned again.
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
    seen = models.PositiveIntegerField(
        "studies", null=True, blank=True, help_text="Studies with this one term and one heading."
    )
    alike = models.PositiveIntegerField(
        "of them with this heading", null=True, blank=True, help_text="How many of those have this heading."
    )
    refused_at = models.DateTimeField(null=True, blank=True, help_text="When an editor refused what was learned.")

    objects = ConditionNameQuerySet.as_manager()

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


class LearnedName(ConditionName):
    """The same rows, as the desk where editors judge what was learned. Who may change conditions may do so."""

    class Meta:
        proxy = True
        default_permissions = ()


class TrialCondition(models.Model):
    """A chip of a trial. `position` keeps the registrant's order behind the MeSH terms."""

    trial = models.ForeignKey("trials.Trial", on_delete=models.CASCADE, related_name="trial_conditions", db_index=False)
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="trial_conditions")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["trial", "condition"], name="trial_condition_once")]

    def __str__(self) -> str:
        return f"{self.trial_id}: {self.condition_id}"


class ConditionMerge(models.Model):
    """What a merge moved, so that it can go back. Numbers of rows, not relations: a merge must not move them on."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="merges")
    into = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="+")
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    chips = ArrayField(models.BigIntegerField(), default=list, help_text="Chips that moved.")
    chip_trials = ArrayField(models.BigIntegerField(), default=list, db_default=[], help_text="Whose, in step.")
    doubled = models.JSONField(default=list, help_text="[trial, position] of chips that the trial had already.")
    searched = ArrayField(models.BigIntegerField(), default=list, help_text="Trials found under it alone.")
    searched_twice = ArrayField(models.BigIntegerField(), default=list, help_text="Trials found under both.")
    rows = models.JSONField(default=dict, help_text="app.Model.field -> keys of the rows that moved.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["condition"], condition=Q(undone_at=None), name="condition_merged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.condition} into {self.into}"


class TermEvidence(models.Model):
    """What one study says of names: its only term beside its only MeSH heading. 0 where it has none, or several.

    Numbers of conditions, not relations: a merge by editors is no evidence of how registrants write.
    """

    trial = models.OneToOneField("trials.Trial", on_delete=models.CASCADE, primary_key=True, related_name="+")
    content_hash = models.BinaryField(max_length=16, help_text="Of the record that was looked at.")
    term = models.IntegerField()
    heading = models.IntegerField()

    class Meta:
        verbose_name_plural = "evidence of terms"

    def __str__(self) -> str:
        return f"{self.trial_id}: {self.term} is {self.heading}"
