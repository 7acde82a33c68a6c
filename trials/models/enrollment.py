"""How many people trials of a kind take: see trials/enrollment.py, which measures once a day."""

from django.db import models


class EnrollmentFigure(models.Model):
    study_type = models.CharField(max_length=40)
    phases = models.CharField(max_length=120, blank=True, help_text="Joined by commas; empty for none.")
    is_actual = models.BooleanField(help_text="People who took part; otherwise people whom trials plan to take.")
    trials = models.PositiveIntegerField(help_text="How many trials were counted.")
    lower = models.PositiveIntegerField(help_text="A quarter of the trials have fewer people, or as many.")
    middle = models.PositiveIntegerField()
    upper = models.PositiveIntegerField(help_text="A quarter of the trials have more people.")
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study_type", "phases", "is_actual"], name="enrollment_figure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.study_type} {self.phases}: {self.lower} to {self.upper}"
