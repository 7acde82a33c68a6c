"""What the pages of treatments and of hospitals have in common: finding the row, its data, its feed."""

import csv
from collections.abc import Callable
from functools import wraps
from io import StringIO
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import conditional_page

from trials import feeds
from trials.directory import reading
from trials.directory.reading import Entry, Listed
from trials.models import Site, Treatment
from trials.views.list_data import COLUMNS, MOST_ROWS, cell, facts
from trials.views.schemas import described

MOST_IN_JSON = 200
EntryView = Callable[..., HttpResponse]


def number_in(request: HttpRequest) -> int:
    """The page that is asked for; whatever else is asked for is the first one."""
    text = request.GET.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) else 1


def about_entry(model: type[Treatment] | type[Site]) -> Callable[[EntryView], EntryView]:
    """The view gets the row. A merged one redirects to the one that stays; a hidden one is not there."""
    related = ("merged_into", "town") if model is Site else ("merged_into",)

    def decorated(view: EntryView) -> EntryView:
        @wraps(view)
        def found(request: HttpRequest, slug: str) -> HttpResponse:
            row = get_object_or_404(model._default_manager.select_related(*related), slug=slug)
            if row.merged_into is not None:
                if row.merged_into.is_hidden:
                    raise Http404("Hidden by an editor")
                name = request.resolver_match.view_name if request.resolver_match else ""
                return HttpResponsePermanentRedirect(reverse(name, args=[row.merged_into.slug]))
            if row.is_hidden:
                raise Http404("Hidden by an editor")
            return view(request, row)

        return found

    return decorated


def as_json(request: HttpRequest, entry: Entry) -> HttpResponse:
    rows = reading.page(entry, 1, per_page=MOST_IN_JSON).rows
    answer: dict[str, Any] = {
        "name": entry.name,
        "slug": entry.slug,
        "url": settings.SITE_URL + entry.get_absolute_url(),
        "trial_count": entry.trial_count,
        "open_count": entry.open_count,
    }
    if isinstance(entry, Site):
        answer |= {"city": entry.town.city, "state": entry.town.state, "country": entry.town.country,
                   "latitude": entry.latitude, "longitude": entry.longitude}  # fmt: skip
    answer["trials"] = [_facts(entry, row) for row in rows]
    return described(answer, "site" if isinstance(entry, Site) else "treatment")


def as_csv(request: HttpRequest, entry: Entry) -> HttpResponse:
    """Up to a thousand rows, open trials first."""
    columns = (*COLUMNS, "status_here") if isinstance(entry, Site) else COLUMNS
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in reading.page(entry, 1, per_page=MOST_ROWS).rows:
        values = _facts(entry, row)
        writer.writerow([cell(values[column]) for column in columns])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{entry.slug[:60]}.csv"'
    return response


def _facts(entry: Entry, row: Listed) -> dict[str, Any]:
    values = facts(row.trial)
    return {**values, "status_here": row.status or None} if isinstance(entry, Site) else values


def feed(request: HttpRequest, entry: Entry) -> HttpResponse:
    about = f"Trials at {entry.name}, {entry.town.city}" if isinstance(entry, Site) else f"Trials of {entry.name}"
    described = feeds.Feed(about.rstrip(", "), entry.get_absolute_url(), feeds.site_start())
    return feeds.written(request, described, reading.changes(entry))


def views_of(model: type[Treatment] | type[Site]) -> dict[str, EntryView]:
    """The machine-readable twins of a page, each with conditional GET."""
    about = about_entry(model)
    return {name: conditional_page(about(view)) for name, view in (("json", as_json), ("csv", as_csv), ("feed", feed))}
