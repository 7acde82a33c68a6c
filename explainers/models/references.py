"""Where a statement comes from: papers, pages and where to read on."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import Q

DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"']+")
web_address = URLValidator(schemes=["https", "http"])


def bare_doi(value: str) -> str:
    """`https://doi.org/10.1/x`, `doi:10.1/x` -> `10.1/x`."""
    return re.sub(r"^\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", value, flags=re.I).strip().rstrip(".,;")


def validate_doi(value: str) -> None:
    if not DOI.fullmatch(bare_doi(value)):
        raise ValidationError("A DOI looks like 10.1038/s41591-024-03037-z.")


class Reference(models.Model):
    """A source. In the text `[2]` names the one with number 2; pages count them in the order of first use."""

    explainer = models.ForeignKey("explainers.Explainer", on_delete=models.CASCADE, related_name="references")
    number = models.PositiveSmallIntegerField(help_text="As the text names it: [1].")
    authors = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=400)
    journal = models.CharField("journal or publisher", max_length=200, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    doi = models.CharField("DOI", max_length=200, blank=True, validators=[validate_doi])
    pmid = models.CharField("PMID", max_length=10, blank=True, validators=[RegexValidator(r"^\d{1,10}$")])
    url = models.CharField("address", max_length=500, blank=True, validators=[web_address])
    accessed_on = models.DateField("read on", null=True, blank=True)
    retraction = models.CharField(max_length=300, blank=True, help_text="Retracted or corrected: when, why, by whom.")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["explainer", "number"], name="reference_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1) & ~Q(title=""), name="reference_is_numbered"),
            models.CheckConstraint(
                condition=Q(doi="") | Q(doi__regex=r"^10\.\d{4,9}/\S+$"), name="reference_doi_shape"
            ),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(1600, 2200)), name="reference_year_range"
            ),
        ]

    def __str__(self) -> str:
        return f"[{self.number}] {self.title}"

    def clean(self) -> None:
        self.doi = bare_doi(self.doi)


class Resource(models.Model):
    """Where to find more: a place outside this site."""

    explainer = models.ForeignKey("explainers.Explainer", on_delete=models.CASCADE, related_name="resources")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    url = models.CharField("address", max_length=500, validators=[web_address])
    note = models.CharField(max_length=300, blank=True, help_text="What is found there, what to search for.")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(url__regex=r"^https?://"), name="resource_is_on_the_web"),
        ]

    def __str__(self) -> str:
        return self.name
