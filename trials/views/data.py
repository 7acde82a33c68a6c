"""Open data: the .json twins of pages, and the sitemap. No contact is ever in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import conditional_page

from trials import listing
from trials.models import Condition, Trial
from trials.pages import structured
from trials.views.conditions import open_first
from trials.views.finding import about_trial

PER_SITEMAP = 20_000
OWN_PAGES = ("/", "/trials/", "/conditions/", "/explainers/", "/glossary/", "/updates/", "/basics/", "/about/",
             "/how-we-write/", "/safety/", "/terms/", "/privacy/", "/disclaimer/", "/accessibility/",
             "/corrections/")  # fmt: skip


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


def sitemap(request: HttpRequest) -> HttpResponse:
    """The index; with `?part=N` that part of it: first our own pages and conditions, then the trials."""
    rows = Trial.objects.listed().order_by("nct_id").values_list("nct_id", "last_changed_at")
    paginator = Paginator(rows, PER_SITEMAP)
    asked = request.GET.get("part", "")[:6]
    if not asked:
        parts = [f"{settings.SITE_URL}/sitemap.xml?part={number}" for number in range(paginator.num_pages + 1)]
        return render(request, "trials/sitemap_index.xml", {"parts": parts}, content_type="application/xml")
    if asked == "0":
        return _urls(request, _own())
    try:
        page = paginator.page(asked)
    except InvalidPage as error:
        raise Http404("No such part of the sitemap") from error
    return _urls(request, [(reverse("trials:trial", args=[nct_id]), changed) for nct_id, changed in page.object_list])


def _own() -> Sequence[tuple[str, datetime | None]]:
    slugs = Condition.objects.shown().filter(trial_count__gt=0).order_by("slug").values_list("slug", flat=True)
    return [(path, None) for path in OWN_PAGES] + [(reverse("trials:condition", args=[slug]), None) for slug in slugs]


def _urls(request: HttpRequest, paths: Sequence[tuple[str, datetime | None]]) -> HttpResponse:
    urls = [(settings.SITE_URL + path, changed) for path, changed in paths]
    return render(request, "trials/sitemap.xml", {"urls": urls}, content_type="application/xml")
