from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explainers import structured
from explainers.models import GlossaryTerm


def glossary(request: HttpRequest) -> HttpResponse:
    terms = sorted(GlossaryTerm.objects.all(), key=lambda term: term.term.casefold())
    letters = [(letter, list(group)) for letter, group in groupby(terms, key=_letter)]
    return render(request, "explainers/glossary.html", {"letters": letters, "json_ld": structured.glossary(terms)})


def _letter(term: GlossaryTerm) -> str:
    first = term.term[:1].upper()
    return first if first.isalpha() else "0-9"
