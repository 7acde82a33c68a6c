from dataclasses import replace
from itertools import groupby
from typing import Any

from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Left, Lower
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from trials.models import Condition, ConditionName, Trial
from trials.models.conditions import ConditionQuerySet
from trials.models.trials import TrialQuerySet
from trials.pages import condition_page, finder, structured
from trials.search.asking import understood
from trials.search.finding import find
from trials.views.directory import number_in

WHOLE, COMMONEST, PER_PAGE = 300, 60, 200
"""Conditions that one page holds from A to Z; those shown first of a longer list; those of a letter's page."""


def index(request: HttpRequest) -> HttpResponse:
    """A to Z. Of a long list those with the most open trials; `?letter=` has those that begin so, a page at a time."""
    rows = Condition.objects.shown().filter(trial_count__gt=0)
    letters = sorted(set(map(_letter, rows.values_list(Left("name", 1), flat=True).distinct())))
    letter, number = request.GET.get("letter", "").upper()[:1], number_in(request)
    context: dict[str, Any] = {"letters": letters, "letter": letter if letter in letters else "", "number": number}
    if context["letter"]:
        context |= _of_letter(rows, letter, number)
    elif rows[WHOLE:].exists():
        context["groups"] = [("With the most open trials", rows.commonest()[:COMMONEST])]
    else:
        ordered = sorted(rows, key=lambda each: (_letter(each.name), each.name.casefold()))
        by_letter = groupby(ordered, key=lambda each: _letter(each.name))
        context["groups"] = [(initial, list(those)) for initial, those in by_letter]
        context["is_whole"] = True
    return render(request, "trials/conditions.html", context)


def _of_letter(rows: ConditionQuerySet, letter: str, number: int) -> dict[str, Any]:
    begins = rows.exclude(name__iregex=r"^[a-z]") if letter == "#" else rows.filter(name__istartswith=letter)
    skip = (number - 1) * PER_PAGE
    found = list(begins.order_by(Lower("name"), "name")[skip : skip + PER_PAGE + 1])
    return {"groups": [(letter, found[:PER_PAGE])] if found else [], "next": number + 1 if found[PER_PAGE:] else 0}


def _letter(name: str) -> str:
    initial = name[:1].upper()
    return initial if "A" <= initial <= "Z" else "#"


def condition(request: HttpRequest, slug: str) -> HttpResponse:
    """Its trials and those of narrower conditions, open ones first: nine queries."""
    row = get_object_or_404(Condition.objects.select_related("merged_into"), slug=slug, is_hidden=False)
    if row.merged_into is not None:
        return HttpResponsePermanentRedirect(reverse("trials:condition", args=[row.merged_into.slug]))
    found = find(replace(understood({"page": _page(request)}), condition=row.slug, status="any"))
    rows = finder.rows(found)
    is_first = found.asked.page == 1
    context = {
        "condition": row,
        "relatives": condition_page.relatives(row),
        "changes": condition_page.changes(found) if is_first else [],
        "follow": row,
        "names": names_of(row),
        "found": found,
        "total": finder.total_label(found),
        "open_total": finder.amount(found.counts["status", "open"], at_least=found.is_capped),
        "rows": rows,
        "explainers": row.explainers.newest()[:4],
        "json_ld": structured.condition_page(row, [each.trial for each in rows]),
    }
    return render(request, "trials/condition.html", context)


def _page(request: HttpRequest) -> str:
    """The number of the page; whatever else is asked for is the first one."""
    text = request.GET.get("page", "1")
    return text if text.isascii() and text.isdigit() and len(text) < 6 and int(text) else "1"


def names_of(row: Condition) -> list[str]:
    """Its other names, as far as they say something new: no other case, and no learned ones."""
    names = row.names.exclude(source=ConditionName.Source.LEARNED).order_by("id").values_list("name", flat=True)
    return [name for name in names if name.casefold() != row.name.casefold()][:8]


def open_first(rows: TrialQuerySet) -> TrialQuerySet:
    order = Case(
        When(status__in=Trial.OPEN_STATUSES, then=Value(0)),
        When(status="NOT_YET_RECRUITING", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    newest = F("first_posted").desc(nulls_last=True)
    return rows.select_related("plain_summary").order_by(order, newest, "-nct_id")
