"""Which news of a run concerns those who follow a place, a site, a treatment or a search.

What a change says about sites lies in its JSON, and when a trial opens, its sites open without a change of their own.
So a run's news is first spread out into keys and points, and these are then joined with the subscriptions, in SQL.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from django.db import connection, transaction
from django.db.models import Q

from subscriptions import topics
from subscriptions.models import Subscription
from subscriptions.models.topics import ROUNDING_KM
from trials.changes import Rank
from trials.directory.editing import same_page
from trials.models import Location, Site, SyncRun, Treatment, TrialChange, TrialDocument
from trials.places import EARTH_KM
from trials.search.asking import understood
from trials.search.planning import plan
from trials.search.resolving import resolve
from trials.search.terms import SITE_MAY_BE_OPEN

ARRIVALS = (TrialChange.LISTED, "status_opened")
SITE_NEWS = ("site_opened", "site_closed", "site_added")
"""Told at once to those who follow the site or a place near it; of digest rank for everybody else."""
QUIET_SITE_NEWS = ("site_removed", "site_status")


class Fit(NamedTuple):
    """A change and a key that it is about."""

    key: str
    change_id: int
    trial_id: int
    told_at: datetime
    is_urgent: bool


class Point(NamedTuple):
    """A change and a point on earth that it is about."""

    latitude: float
    longitude: float
    change_id: int
    trial_id: int
    told_at: datetime
    is_urgent: bool


@dataclass
class News:
    """All that a run brings for the wider topics. Empty where nobody follows one."""

    sites: list[Fit] = field(default_factory=list)
    treatments: list[Fit] = field(default_factory=list)
    searches: list[Fit] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)


_FOLLOWERS = """
   AND s.ended_at IS NULL AND s.confirmed_at <= news.told_at
   AND s.subscriber_id > %(after)s AND s.subscriber_id <= %(upto)s
   AND (news.is_urgent OR s.scope = 'everything')
   AND NOT EXISTS (SELECT 1 FROM subscriptions_subscription muted
                    JOIN trials_trial ended ON ended.id = muted.trial_id
                    WHERE coalesce(ended.moved_to_id, ended.id) = news.trial_id
                      AND muted.subscriber_id = s.subscriber_id AND muted.ended_reason = 'unsubscribed')
ON CONFLICT (subscription_id, change_id) DO NOTHING
"""
_INSERT = """
INSERT INTO subscriptions_notification (subscription_id, subscriber_id, change_id, is_urgent, created_at)
SELECT s.id, s.subscriber_id, news.change_id, news.is_urgent, %(now)s
"""
_BY_KEY = f"""{_INSERT}
  FROM unnest(%(key)s::text[], %(change_id)s::bigint[], %(trial_id)s::bigint[], %(told_at)s::timestamptz[],
              %(is_urgent)s::bool[]) AS news(key, change_id, trial_id, told_at, is_urgent)
  JOIN subscriptions_subscription s ON s.{{column}} = news.key
 WHERE s.{{column}} <> ''{_FOLLOWERS}"""
_BY_PLACE = f"""{_INSERT}
  FROM unnest(%(latitude)s::float8[], %(longitude)s::float8[], %(change_id)s::bigint[], %(trial_id)s::bigint[],
              %(told_at)s::timestamptz[], %(is_urgent)s::bool[])
       AS news(latitude, longitude, change_id, trial_id, told_at, is_urgent)
  JOIN trials_trialcondition chip ON chip.trial_id = news.trial_id
  JOIN trials_condition condition ON condition.id = chip.condition_id OR condition.merged_into_id = chip.condition_id
  JOIN subscriptions_subscription s ON s.condition_id = condition.id
 WHERE s.place_latitude IS NOT NULL
   AND 2 * {EARTH_KM} * asin(least(1, sqrt(sin(radians(news.latitude - s.place_latitude) / 2) ^ 2
       + cos(radians(s.place_latitude)) * cos(radians(news.latitude))
       * sin(radians(news.longitude - s.place_longitude) / 2) ^ 2))) <= s.radius_km + {ROUNDING_KM}{_FOLLOWERS}"""


def write(news: News, values: dict[str, Any]) -> int:
    """`values` name the subscribers, as in matching; the number of notifications written."""
    by_key = (("site_key", news.sites), ("treatment_key", news.treatments), ("search", news.searches))
    count = sum(_insert(_BY_KEY.format(column=column), fits, Fit, values) for column, fits in by_key)
    return count + _insert(_BY_PLACE, news.points, Point, values)


def _insert(sql: str, rows: Sequence[Any], shape: Any, values: dict[str, Any]) -> int:
    if not rows:
        return 0
    columns = {name: [getattr(row, name) for row in rows] for name in shape._fields}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, **columns})
        return cursor.rowcount


def news_of(run: SyncRun) -> News:
    live, news = Subscription.objects.live(), News()
    follows_sites = live.exclude(site_key="").exists()
    follows_places = live.filter(place_latitude__isnull=False).exists()
    if follows_sites or follows_places:
        _add_sites(run, news, follows_sites=follows_sites, follows_places=follows_places)
        news.sites = _on_one_page(news.sites, Site)
    if live.exclude(treatment_key="").exists():
        news.treatments = _on_one_page(_treatments(run), Treatment)
    if live.exclude(search="").exists():
        news.searches = _searches(run, live.exclude(search="").values_list("search", flat=True).distinct())
    return news


def _on_one_page(fits: list[Fit], model: type[Site] | type[Treatment]) -> list[Fit]:
    """Whoever follows one of two spellings that editors merged hears of both."""
    keys = same_page(model, {fit.key for fit in fits}) if fits else {}
    return [fit._replace(key=key) for fit in fits for key in keys.get(fit.key, (fit.key,))]


def _changes(run: SyncRun, *kinds: str) -> list[TrialChange]:
    return list(TrialChange.objects.filter(Q(rank__gte=Rank.DIGEST), run=run, kind__in=kinds))


def _told_at(run: SyncRun, change: TrialChange) -> datetime:
    """A subscription that began later does not hear of it: its page showed the change already."""
    return max(change.detected_at, run.finished_at or change.detected_at)


def _fits(run: SyncRun, change: TrialChange, keys: Iterable[str], *, urgent: bool = True) -> list[Fit]:
    told_at = _told_at(run, change)
    return [Fit(key, change.pk, change.trial_id, told_at, urgent) for key in set(keys) if key]


def _add_sites(run: SyncRun, news: News, *, follows_sites: bool, follows_places: bool) -> None:
    arrivals = _changes(run, *ARRIVALS)
    at = _open_sites([change.trial_id for change in arrivals])
    changed = [(change, site_facts(change)) for change in _changes(run, *SITE_NEWS, *QUIET_SITE_NEWS)]
    for change, sites in [*((change, at.get(change.trial_id, [])) for change in arrivals), *changed]:
        is_urgent = change.kind not in QUIET_SITE_NEWS
        if follows_sites:
            news.sites += _fits(run, change, map(site_key, sites), urgent=is_urgent)
        if follows_places:
            points = {(site["latitude"], site["longitude"]) for site in sites if site["latitude"] is not None}
            told_at = _told_at(run, change)
            news.points += [Point(*point, change.pk, change.trial_id, told_at, is_urgent) for point in points]


def site_facts(change: TrialChange) -> list[dict[str, Any]]:
    """The sites that a change is about: one, or a list where it stands for many."""
    facts: Any = change.new if change.new is not None else change.old
    return facts if isinstance(facts, list) else [facts]


def site_key(site: dict[str, Any]) -> str:
    return topics.site_key(site["facility"] or "", site["city"] or "", site["country"] or "")


def _open_sites(trials: list[int]) -> dict[int, list[dict[str, Any]]]:
    """By trial; a site without a status of its own goes with the trial."""
    fields = ("trial_id", "facility", "city", "country", "latitude", "longitude")
    found: dict[int, list[dict[str, Any]]] = {}
    for row in Location.objects.filter(trial__in=trials, status__in=SITE_MAY_BE_OPEN).values(*fields):
        found.setdefault(row["trial_id"], []).append(row)
    return found


def _treatments(run: SyncRun) -> list[Fit]:
    arrivals = _changes(run, *ARRIVALS)
    documents = TrialDocument.objects.filter(trial__in={change.trial_id for change in arrivals})
    keys = {
        each.trial_id: [topics.treatment_key(one.name) for one in each.record.interventions]
        for each in documents.iterator(chunk_size=200)
    }
    return [fit for change in arrivals for fit in _fits(run, change, keys.get(change.trial_id, []))]


def _searches(run: SyncRun, searches: Iterable[str]) -> list[Fit]:
    arrivals = _changes(run, *ARRIVALS)
    by_trial: dict[int, list[TrialChange]] = {}
    for change in arrivals:
        by_trial.setdefault(change.trial_id, []).append(change)
    fitting = _search_among(list(by_trial)) if by_trial else lambda search: []
    return [
        fit
        for search in searches
        for trial_id in fitting(search)
        for change in by_trial[trial_id]
        for fit in _fits(run, change, [search])
    ]


def _search_among(trials: list[int]) -> Callable[[str], list[int]]:
    def fitting(search: str) -> list[int]:
        asked = understood(dict(parse_qsl(search)))
        if asked.problems:
            return []
        with transaction.atomic(), connection.cursor() as cursor:
            where, values = plan(asked, resolve(cursor, asked)).where()
            sql = f"SELECT trial_id FROM trials_trialsearch WHERE trial_id = ANY(%(among)s) AND {where}"  # noqa: S608
            cursor.execute(sql, {**values, "among": trials})
            return [trial_id for (trial_id,) in cursor.fetchall()]

    return fitting
