from dataclasses import replace
from itertools import groupby

from django.db.models import Case, F, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from trials.models import Condition, ConditionName, Trial
from trials.models.trials import TrialQuerySet
from trials.pages import condition_page, finder, structured
from trials.search.asking import understood
from trials.search.finding import find


def index(request: HttpRequest) -> HttpResponse:
    """A to Z. Long vocabularies show one letter at a time; `?letter=` picks it."""
    rows = Condition.objects.shown().filter(trial_count__gt=0)
    letters = sorted({_letter(name) for name in rows.values_list("name", flat=True)})
    letter = request.GET.get("letter", "").upper()[:1]
    if letter in letters:
        rows = rows.filter(name__istartswith=letter) if letter != "#" else rows.exclude(name__iregex=r"^[a-z]")
    ordered = sorted(rows[:3000], key=lambda c: (_letter(c.name), c.name.casefold()))
    groups = [(initial, list(members)) for initial, members in groupby(ordered, key=lambda c: _letter(c.name))]
    return render(request, "trials/conditions.html", {"groups": groups, "letters": letters, "letter": letter})


def _letter(name: str) -> str:
    initial = name[:1].upper()
    return initial if "A" <= initial <= "Z" else "#"


def condition(request: HttpRequest, slug: str) -> HttpResponse:
    """Its trials and those of narrower conditions, open ones first: eight queries."""
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
