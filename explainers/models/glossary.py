"""Words that need a word: what a term means in plain English."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from explainers.marking import Word


class GlossaryTerm(models.Model):
    term = models.CharField(max_length=80, help_text="As it stands in a sentence: apheresis, CAR T cell.")
    slug = models.SlugField(max_length=80, unique=True)
    definition = models.TextField(max_length=400, help_text="One or two short sentences, without other hard words.")
    also = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        verbose_name="other forms",
        help_text="Plural, spelling, short form: each is marked like the term itself. Separate with commas.",
    )
    is_sample = models.BooleanField("sample text", default=False, editable=False)
    edited_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["term"]
        constraints = [
            models.CheckConstraint(condition=~Q(term="") & ~Q(definition=""), name="glossary_term_is_defined"),
        ]

    def __str__(self) -> str:
        return self.term

    def get_absolute_url(self) -> str:
        return f"{reverse('explainers:glossary')}#{self.slug}"

    @property
    def forms(self) -> list[str]:
        return [self.term, *self.also]

    def as_word(self) -> Word:
        return Word(self.slug, self.term, self.definition, tuple(self.forms))
