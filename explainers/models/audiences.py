"""How many readers a trial's text would reach. Counted afresh by `explainers.readers`, never added up by hand."""

from django.db import models
from django.db.models import F


class Audience(models.Model):
    """Live subscriptions that a trial concerns. Trials that concern nobody have no row."""

    trial = models.OneToOneField("trials.Trial", on_delete=models.CASCADE, primary_key=True, related_name="audience")
    readers = models.PositiveIntegerField()

    class Meta:
        # the editors' queue: the trials of most readers first
        indexes = [models.Index(F("readers").desc(), F("trial").desc(), name="audience_most_readers")]

    def __str__(self) -> str:
        return f"{self.trial_id}: {self.readers}"
