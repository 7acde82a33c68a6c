"""The sitemap: an index, and with `?part=` that part of it. `0` are our own pages and texts, `1` and on the trials;
`treatments-1`, `sites-1` and `cities-1` the directory, `weekly-2026-W28` the briefs of a week.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Max, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from config.pages import own
from explainers.models import Category, Explainer
from trials.changes import Rank
from trials.models import Condition, Site, Town, Treatment, Trial, TrialChange
from trials.weekly import WEEK, Week

PER_PART = 20_000
WEEKS = 4
LISTS = ("trials:home", "trials:list", "trials:conditions", "trials:treatments", "trials:site-index",
         "explainers:index", "explainers:glossary", "explainers:corrections", "subscriptions:subscribe")  # fmt: skip
Entry = tuple[str, datetime | None]
"""A path of this site and when its page last changed, where we know."""
_DIRECTORY: dict[str, tuple[Callable[[], QuerySet[Model]], str]] = {
    "treatments": (lambda: Treatment.objects.listed(), "trials:treatment"),
    "sites": (lambda: Site.objects.listed(), "trials:site"),
    "cities": (lambda: Town.objects.filter(site_count__gt=0), "trials:sites-in"),
}


def sitemap(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("part", "")[:40]
    if not asked:
        addresses = [f"{settings.SITE_URL}/sitemap.xml?part={part}" for part in _parts()]
        return render(request, "pages/sitemap_index.xml", {"parts": addresses}, content_type="application/xml")
    if asked == "0":
        return _urls(request, [*_own(), *_conditions(), *_explainers()])
    if match := re.fullmatch(r"(treatments|sites|cities)-(\d{1,5})", asked):
        return _urls(request, _of_directory(match[1], int(match[2])))
    if match := re.fullmatch(r"weekly-(\d{4}-W\d{2})", asked):
        return _urls(request, _briefs(match[1]))
    return _urls(request, _trials(asked))


def _parts() -> Iterator[str]:
    yield from map(str, range(_pages_of_trials().num_pages + 1))
    for name, (rows, _) in _DIRECTORY.items():
        # by number, not by count: a million rows are not counted for a list of fifty addresses
        last = rows().model._default_manager.aggregate(last=Max("pk"))["last"] or 0
        yield from (f"{name}-{number}" for number in range(1, -(-last // PER_PART) + 1))
    yield from (f"weekly-{week.name}" for week in _weeks())


def _pages_of_trials() -> Paginator[tuple[str, datetime]]:
    trials = Trial.objects.listed().order_by("nct_id").values_list("nct_id", "last_changed_at")
    return Paginator(trials, PER_PART)


def _trials(number: str) -> Iterator[Entry]:
    try:
        page = _pages_of_trials().page(number)
    except InvalidPage as error:
        raise Http404("No such part of the sitemap") from error
    return ((reverse("trials:trial", args=[nct_id]), changed) for nct_id, changed in page.object_list)


def _of_directory(name: str, number: int) -> Iterator[Entry]:
    rows, view = _DIRECTORY[name]
    within = rows().filter(pk__gt=(number - 1) * PER_PART, pk__lte=number * PER_PART)
    before, after = reverse(view, args=["-"]).split("-")  # twenty thousand calls of it take a second
    return ((f"{before}{slug}{after}", None) for slug in within.order_by("pk").values_list("slug", flat=True))


def _weeks() -> list[Week]:
    """The one that runs, and those before."""
    this = Week.of(timezone.now().date())
    return [Week(this.monday - back * WEEK) for back in range(WEEKS)]


def _briefs(name: str) -> Iterator[Entry]:
    """The conditions with news in a week; a brief without any is no page to look for."""
    week = Week.named(name)
    if week not in _weeks():
        raise Http404("No such part of the sitemap")
    news = TrialChange.objects.filter(
        rank__gte=Rank.DIGEST, detected_at__gte=week.begins_at, detected_at__lt=week.begins_at + WEEK
    )
    shown = Condition.objects.shown().filter(trial_conditions__trial__in=news.values("trial")).distinct()
    slugs = shown.order_by("slug").values_list("slug", flat=True)
    return ((reverse("trials:weekly", args=[slug, name]), None) for slug in slugs)


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
