"""The sitemap: an index, and with `?part=N` that part of it. First our own pages and texts, then the trials."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from config.pages import own
from explainers.models import Category, Explainer
from trials.models import Condition, Trial

PER_PART = 20_000
LISTS = ("trials:home", "trials:list", "trials:conditions", "explainers:index", "explainers:glossary",
         "explainers:corrections", "subscriptions:subscribe")  # fmt: skip
Entry = tuple[str, datetime | None]
"""A path of this site and when its page last changed, where we know."""


def sitemap(request: HttpRequest) -> HttpResponse:
    trials = Trial.objects.listed().order_by("nct_id").values_list("nct_id", "last_changed_at")
    parts = Paginator(trials, PER_PART)
    asked = request.GET.get("part", "")[:6]
    if not asked:
        addresses = [f"{settings.SITE_URL}/sitemap.xml?part={number}" for number in range(parts.num_pages + 1)]
        return render(request, "pages/sitemap_index.xml", {"parts": addresses}, content_type="application/xml")
    if asked == "0":
        return _urls(request, [*_own(), *_conditions(), *_explainers()])
    try:
        page = parts.page(asked)
    except InvalidPage as error:
        raise Http404("No such part of the sitemap") from error
    return _urls(request, ((reverse("trials:trial", args=[nct_id]), changed) for nct_id, changed in page.object_list))


def _own() -> Iterator[Entry]:
    yield from ((reverse(name), None) for name in LISTS)
    yield from ((reverse(f"pages:{name}"), None) for name in own.PAGES)


def _conditions() -> Iterator[Entry]:
    shown = Condition.objects.shown().filter(trial_count__gt=0).order_by("slug")
    yield from ((reverse("trials:condition", args=[slug]), None) for slug in shown.values_list("slug", flat=True))


def _explainers() -> Iterator[Entry]:
    published = Explainer.objects.published().order_by("slug")
    yield from ((row.get_absolute_url(), row.live.published_at if row.live else None) for row in published)
    filled = Category.objects.filter(pk__in=published.values("category")).order_by("slug")
    yield from ((category.get_absolute_url(), None) for category in filled)


def _urls(request: HttpRequest, entries: Iterable[Entry]) -> HttpResponse:
    urls = [(settings.SITE_URL + path, changed) for path, changed in entries]
    return render(request, "pages/sitemap.xml", {"urls": urls}, content_type="application/xml")
