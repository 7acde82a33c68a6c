"""Open data: the .json twins of pages. No contact is ever in them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import conditional_page

from trials import listing
from trials.models import Condition, Trial
from trials.pages import structured
from trials.views.conditions import open_first
from trials.views.finding import about_trial


@conditional_page
@about_trial
def trial(request: HttpRequest, trial: Trial) -> HttpResponse:
    return JsonResponse(structured.twin(trial), json_dumps_params={"ensure_ascii": False})


@conditional_page
def trials(request: HttpRequest) -> HttpResponse:
    results = listing.find(request.GET)
    return JsonResponse(
        {
            "asked": results.asked,
            "total": results.total,
            "page": results.page.number,
            "pages": results.page.paginator.num_pages,
            "trials": [_short(row) for row in results.page.object_list],
        }
    )


@conditional_page
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Condition.objects.shown(), slug=slug)
    rows = open_first(Trial.objects.listed().filter(conditions=row))[:200]
    return JsonResponse(
        {"name": row.name, "slug": row.slug, "trial_count": row.trial_count, "open_count": row.open_count,
         "trials": [_short(trial) for trial in rows]}
    )  # fmt: skip


def _short(row: Trial) -> dict[str, Any]:
    return {
        "nct_id": row.nct_id,
        "headline": row.headline,
        "status": row.status,
        "phases": row.phases,
        "study_type": row.study_type,
        "countries": row.countries,
        "first_posted": row.first_posted.isoformat() if row.first_posted else None,
        "last_updated": row.last_changed_at.date().isoformat(),
        "url": settings.SITE_URL + row.get_absolute_url(),
    }
