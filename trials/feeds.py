"""Atom feeds of changes: of one trial, of a condition's trials, and of every trial's weightier changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import conditional_page

from trials.changes import Rank
from trials.models import Condition, Trial, TrialChange
from trials.models.changes import TrialChangeQuerySet
from trials.text import printable
from trials.views.finding import about_trial

MOST = 50


class Feed(NamedTuple):
    title: str
    path: str
    started: datetime


@conditional_page
@about_trial
def trial(request: HttpRequest, trial: Trial) -> HttpResponse:
    feed = Feed(f"Changes of {trial.nct_id}: {trial.headline}", trial.get_absolute_url(), trial.last_changed_at)
    return _atom(request, feed, trial.changes.newest_first())


@conditional_page
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Condition.objects.shown(), slug=slug)
    changes = TrialChange.objects.filter(trial__conditions=row, rank__gte=Rank.DIGEST)
    return _atom(request, Feed(f"Trials for {row.name}", row.get_absolute_url(), site_start()), changes)


@conditional_page
def changes(request: HttpRequest) -> HttpResponse:
    rows = TrialChange.objects.filter(rank__gte=Rank.DIGEST)
    return _atom(request, Feed(f"What changed · {settings.SITE_NAME}", "/", site_start()), rows)


def site_start() -> datetime:
    """A feed needs a date of its own even before its first entry."""
    first = Trial.objects.order_by("first_seen_at").values_list("first_seen_at", flat=True).first()
    return first or datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def _atom(request: HttpRequest, feed: Feed, rows: TrialChangeQuerySet) -> HttpResponse:
    ordered = rows.select_related("trial__plain_summary").order_by("-detected_at", "trial", "-rank", "id")
    return written(request, feed, list(ordered[: MOST * 6]))


def written(request: HttpRequest, feed: Feed, newest: Sequence[TrialChange]) -> HttpResponse:
    """The Atom document of changes that come newest first, each with its trial."""
    updates = _by_update(newest)[:MOST]
    out = _DatedFeed(
        title=printable(feed.title), link=settings.SITE_URL + feed.path, description="", language="en",
        feed_url=settings.SITE_URL + request.path, author_name=settings.SITE_NAME,
        subtitle="Clinical trials in plain words",
    )  # fmt: skip
    out.latest = updates[0][0].detected_at if updates else feed.started
    for members in updates:
        _entry(out, members)
    return HttpResponse(out.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _by_update(rows: Sequence[TrialChange]) -> list[list[TrialChange]]:
    """One entry a trial and update: an update with many changes is still one piece of news."""
    groups: dict[tuple[int, int], list[TrialChange]] = {}
    for change in rows:
        groups.setdefault((change.trial_id, change.version), []).append(change)
    return list(groups.values())


def _entry(feed: "_DatedFeed", members: list[TrialChange]) -> None:
    trial, first = members[0].trial, members[0]
    path = trial.get_absolute_url() + (f"changes/{first.version}/" if first.version > 1 else "")
    feed.add_item(
        title=printable(trial.headline), link=settings.SITE_URL + path, unique_id=_tag(trial, first.version),
        description=printable(" ".join(change.sentence for change in members[:12])),
        updateddate=first.detected_at, pubdate=first.detected_at,
    )  # fmt: skip


def _tag(trial: Trial, version: int) -> str:
    """An id that stays the same whatever the site's address becomes."""
    return f"urn:plaintrials:{trial.nct_id}:{version}"


class _DatedFeed(Atom1Feed):
    latest: datetime

    def latest_post_date(self) -> datetime:
        return self.latest
