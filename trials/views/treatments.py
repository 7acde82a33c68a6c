"""Treatments: from A to Z, and one with its trials."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trials import vocabulary
from trials.directory import reading
from trials.models import Treatment
from trials.pages.structured import treatment_page
from trials.views.directory import about_entry, number_in, views_of

PER_LIST = 100
COMMONEST = 60
SHOWN_CHANGES = 5


def index(request: HttpRequest) -> HttpResponse:
    """Those with the most open trials; with `?letter=` those that begin so, a page at a time; with `?q=` a choice.

    Three queries at most. A letter may be two: half a million names need a finer index than 26.
    """
    asked = request.GET.get("q", "").strip()[:100]
    letter = _letter(request.GET.get("letter", ""))
    context: dict[str, Any] = {"q": asked, "letter": letter, "number": number_in(request)}
    context["letters"] = reading.initials()
    if asked:
        context["rows"] = reading.matching(Treatment.objects.all(), asked)
        context["is_cut"] = len(context["rows"]) >= reading.MOST_FOUND
    elif letter:
        context |= _of_letter(letter, context["number"])
    else:
        commonest = Treatment.objects.listed().filter(open_count__gt=0).order_by("-open_count", "key")
        context["rows"] = commonest[:COMMONEST]
    return render(request, "trials/directory/treatments.html", context)


def _letter(text: str) -> str:
    """`b`, `be` or `#`; whatever else is asked for is no letter."""
    text = text.lower()[:3]
    is_letter = 0 < len(text) < 3 and all(each in reading.LETTERS for each in text)
    return text if is_letter or text == reading.OTHERS else ""


def _of_letter(letter: str, number: int) -> dict[str, Any]:
    skip = (number - 1) * PER_LIST
    ordered = Treatment.objects.listed().filter(reading.beginning(letter)).order_by("key")
    rows = list(ordered[skip : skip + PER_LIST + 1])
    has_more = len(rows) > PER_LIST
    finer = reading.initials(letter) if len(letter) == 1 and letter != reading.OTHERS and (has_more or skip) else []
    return {"rows": rows[:PER_LIST], "next": number + 1 if has_more else 0, "finer": finer}


@about_entry(Treatment)
def page(request: HttpRequest, treatment: Treatment) -> HttpResponse:
    """Six queries. What records say of the treatment itself stands on the first page only."""
    number = number_in(request)
    found = reading.page(treatment, number, with_documents=number == 1)
    context: dict[str, Any] = {"entry": treatment, "found": found}
    if number == 1:
        described = reading.described(treatment, found.rows)
        context |= {
            "kinds": [vocabulary.intervention_type_label(kind) for kind in described.kinds],
            "names": described.names,
            "tried_for": reading.conditions(treatment),
            "changes": reading.changes(treatment, SHOWN_CHANGES),
            "json_ld": treatment_page(treatment, [row.trial for row in found.rows]),
        }
    return render(request, "trials/directory/treatment.html", context)


data = views_of(Treatment)
