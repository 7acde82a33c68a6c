"""How often the contacts of a trial were shown: a number a day, and nothing of who asked."""

from datetime import date

from django.db import models
from django.db.models import F

from trials.models.trials import Trial


class ContactRevealQuerySet(models.QuerySet["ContactReveal"]):
    def note(self, trial: Trial, day: date) -> None:
        """One more. Two visitors at once both count: the row is made if need be, and raised by the database."""
        row, _ = self.get_or_create(trial=trial, day=day)
        self.filter(pk=row.pk).update(count=F("count") + 1)


class ContactReveal(models.Model):
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="contact_reveals", db_index=False)
    day = models.DateField()
    count = models.PositiveIntegerField("times shown", default=0)

    objects = ContactRevealQuerySet.as_manager()

    class Meta:
        verbose_name = "showing of contacts"
        verbose_name_plural = "showings of contacts"
        ordering = ["-day", "-count"]
        constraints = [models.UniqueConstraint(fields=["trial", "day"], name="contact_reveal_once_a_day")]

    def __str__(self) -> str:
        return f"{self.trial_id} on {self.day}"
