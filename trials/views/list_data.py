"""A list of trials as data: the same questions as /trials/, answered in JSON or CSV. No contact is ever in it."""

import csv
from dataclasses import replace
from io import StringIO
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import conditional_page

from trials.models import Trial
from trials.pages.not_known import no_such_page, not_known
from trials.search.asking import understood
from trials.search.finding import Found, find
from trials.views.schemas import described

COLUMNS = ("nct_id", "headline", "status", "phases", "study_type", "countries", "first_posted", "last_updated", "url")
MOST_ROWS = 1000


@conditional_page
def as_json(request: HttpRequest) -> HttpResponse:
    """A page of twenty; `total` is a lower bound where `or_more`."""
    found = find(understood(request.GET))
    if errors := _errors(request, found):
        return described({"errors": errors}, "trials", status=400)
    if no_page := no_such_page(found):
        return described({"errors": [no_page]}, "trials", status=404)
    answer = {
        "asked": {"status": found.asked.status, "sort": found.asked.sort, **found.asked.parameters()},
        "total": found.total,
        "or_more": found.is_capped,
        "page": found.asked.page,
        "pages": found.pages,
        "trials": [facts(trial) for trial in _trials(found)],
    }
    return described(answer, "trials")


@conditional_page
def as_csv(request: HttpRequest) -> HttpResponse:
    """Up to a thousand rows. Cells that a spreadsheet would run as a formula are quoted."""
    found = find(replace(understood(request.GET), page=1), per_page=MOST_ROWS)
    if errors := _errors(request, found):
        return HttpResponse("\n".join(errors), status=400, content_type="text/plain; charset=utf-8")
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for trial in _trials(found):
        row = facts(trial)
        writer.writerow([cell(row[column]) for column in COLUMNS])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="trials.csv"'
    return response


def _errors(request: HttpRequest, found: Found) -> list[str]:
    """A program must not take a question that was not understood for one that nothing fits."""
    return [*found.asked.problems, *not_known(found, request.GET)]


def facts(trial: Trial) -> dict[str, Any]:
    return {
        "nct_id": trial.nct_id,
        "headline": trial.headline,
        "status": trial.status,
        "phases": trial.phases,
        "study_type": trial.study_type,
        "countries": trial.countries,
        "first_posted": trial.first_posted.isoformat() if trial.first_posted else None,
        "last_updated": trial.last_changed_at.date().isoformat(),
        "url": settings.SITE_URL + trial.get_absolute_url(),
    }


def _trials(found: Found) -> list[Trial]:
    ids = [hit.trial_id for hit in found.hits]
    trials = Trial.objects.select_related("plain_summary").in_bulk(ids)
    return [trials[id_] for id_ in ids if id_ in trials]


def cell(value: Any) -> str:
    text = "; ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
