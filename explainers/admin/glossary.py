from collections import Counter
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from explainers.jargon import jargon
from explainers.models import Explainer, GlossaryTerm, PlainSummary

SHOWN = 40


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(admin.ModelAdmin):
    change_list_template = "explainers/desk/glossary_list.html"
    list_display = ("term", "definition")
    search_fields = ("term", "definition")
    prepopulated_fields = {"slug": ("term",)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"unknown": unknown_words()[:SHOWN], **(extra_context or {})}
        return super().changelist_view(request, context)


def unknown_words() -> list[tuple[str, int]]:
    """Hard words in the published texts that the glossary does not explain, by the number of texts that use them."""
    terms = frozenset(form.casefold() for term in GlossaryTerm.objects.all() for form in term.forms)
    summaries = PlainSummary.objects.published().values_list("summary", "could_lead_to", "could_go_wrong")[:2000]
    texts = ["\n".join(parts) for parts in summaries]
    live = Explainer.objects.published().values_list("live__words", flat=True)
    texts += [words for words in live if words]
    spelt: dict[str, str] = {}
    found = Counter(spelt.setdefault(word.casefold(), word) for text in texts for word in jargon(text, terms))
    return found.most_common()
