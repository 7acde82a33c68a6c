"""What those who follow a long text are told. Appended with what it tells about, never changed."""

from django.db import models
from django.db.models import Q

from explainers.models.explainers import Explainer, ExplainerVersion
from explainers.models.feedback import Correction


class ExplainerUpdate(models.Model):
    class Kind(models.TextChoices):
        VERSION = "version", "New version"
        CORRECTION = "correction", "Correction"
        WITHDRAWN = "withdrawn", "Withdrawn"

    LONGEST = 600

    explainer = models.ForeignKey(Explainer, on_delete=models.CASCADE, related_name="updates")
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.TextField(max_length=2_200, help_text="What changed, in the editor's words: a line a sentence.")
    version = models.OneToOneField(ExplainerVersion, on_delete=models.CASCADE, null=True, related_name="update")
    correction = models.OneToOneField(Correction, on_delete=models.CASCADE, null=True, related_name="update")
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(note=""), name="explainer_update_says_what"),
            models.CheckConstraint(
                condition=Q(kind="version", version__isnull=False, correction=None)
                | Q(kind="correction", version=None, correction__isnull=False)
                | Q(kind="withdrawn", version=None, correction=None),
                name="explainer_update_names_its_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.explainer_id}"

    @property
    def key(self) -> str:
        """Names it for readers' exports and for an outside check."""
        return f"{self.explainer.slug}/{self.kind}-{self.pk}"
