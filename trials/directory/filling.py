"""Keeps the directory of treatments and hospitals: looks at the trials that were stored since, a batch at a time.

The sync only marks trials (`due.mark`). A run of few trials is followed up in the moment in which it ends; a first
import by a task, so that it costs the import nothing. Only one process does this at a time.
"""

import logging

from django.db import connection, transaction
from django.db.models.functions import Coalesce

from trials import first_import, generation, records
from trials.directory import due
from trials.directory.entries import SiteNamed, TreatmentNamed, site_ids, treatment_ids
from trials.directory.keys import site_key, treatment_key
from trials.directory.links import SITES, TREATMENTS, Link, recount_all, recount_towns, settle
from trials.models import DirectoryDue, Location, Site, Trial, TrialSearch
from trials.packing import unpack
from trials.search.terms import SITE_MAY_BE_OPEN

BATCH = 2_000
_LOCK = 0x64697265  # "dire"
_EPOCH = 719_163
"""date(1970, 1, 1).toordinal()"""

log = logging.getLogger(__name__)


def after_run() -> None:
    """At the end of a run: at once where it brought little, else the task that comes every minute does it."""
    if due.are_few():
        refresh()


def refresh() -> int:
    """Looks at every trial that is due, and returns how many there were. What another process does is left to it."""
    done = 0
    if not due.are_few() and not Site.objects.exists():
        _drop_word_indexes()
    while count := _next_batch():
        done += count
    if not DirectoryDue.objects.exists():
        _make_word_indexes()
    if done:
        generation.move()
    return done


_WORD_INDEXES = {"treatment_words": "trials_treatment", "site_words": "trials_site"}


def _drop_word_indexes() -> None:
    """A first fill makes them at its end, in a tenth of the time; the box for names looks at every row meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {', '.join(_WORD_INDEXES)}")


def _make_word_indexes() -> None:
    """Those that a first fill did without, also one that broke off. The search rows of a first import are put in order
    with them."""
    with connection.cursor() as cursor:
        asked = [[*_WORD_INDEXES]]
        cursor.execute("SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", asked)
        missing = [name for (name,) in cursor.fetchall()]
        for name in missing:
            cursor.execute(f"CREATE INDEX {name} ON {_WORD_INDEXES[name]} USING gin (key gin_trgm_ops)")
            cursor.execute(f"ANALYZE {_WORD_INDEXES[name]}")
    if missing:
        first_import.in_order()


def rebuild() -> None:
    """Looks at every trial again and counts everything anew."""
    due.mark_all()
    refresh()
    with transaction.atomic():
        recount_all()
    generation.move()


@transaction.atomic
def _next_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    waiting = list(DirectoryDue.objects.order_by("id").values_list("id", "trial_id")[:BATCH])
    if waiting:
        _look_at({trial_id for _, trial_id in waiting})
        DirectoryDue.objects.filter(id__in=[id_ for id_, _ in waiting]).delete()
    return len(waiting)


def _look_at(trial_ids: set[int]) -> None:
    listed = Trial.objects.listed().filter(id__in=trial_ids)
    days = Coalesce("last_update_posted", "first_posted")
    ranks = {
        id_: (status in Trial.OPEN_STATUSES, max(0, day.toordinal() - _EPOCH) if day else 0)
        for id_, status, day in listed.values_list("id", "status", days)
    }
    settle(TREATMENTS, trial_ids, _treatments(ranks))
    moved = settle(SITES, trial_ids, _sites(ranks))
    towns = Site.objects.filter(id__in=moved).values_list("town_id", flat=True)
    recount_towns(set(towns))


Ranks = dict[int, tuple[bool, int]]
"""Of each listed trial: whether it looks for people now, and the day of its last update since 1970."""


def _rank(is_open: bool, day: int) -> int:
    return is_open * TrialSearch.OPEN + day


def _treatments(ranks: Ranks) -> dict[Link, tuple[int, int, str]]:
    named: dict[str, TreatmentNamed] = {}
    found: dict[tuple[int, str], int] = {}
    documents = Trial.objects.filter(id__in=ranks).values_list("id", "document__packed")
    for id_, packed in documents.iterator(chunk_size=500):
        for position, name in enumerate(_names(id_, packed)):
            if key := treatment_key(name):
                named.setdefault(key, TreatmentNamed()).note(name)
                found.setdefault((id_, key), position)
    ids = treatment_ids(named)
    links: dict[Link, tuple[int, int, str]] = {}
    for (trial_id, key), position in found.items():
        links.setdefault((trial_id, ids[key]), (position, _rank(*ranks[trial_id]), ""))
    return links


def _names(trial_id: int, packed: bytes | memoryview | None) -> list[str]:
    """A document that cannot be read costs its trial the links, and nobody else anything."""
    try:
        return [each.name for each in records.interventions(unpack(packed))] if packed else []
    except Exception:
        log.exception("The treatments of trial %s could not be read.", trial_id)
        return []


_PLACE = ("trial_id", "position", "facility", "status", "city", "state", "country", "latitude", "longitude")


def _sites(ranks: Ranks) -> dict[Link, tuple[int, int, str]]:
    named: dict[str, SiteNamed] = {}
    found: dict[tuple[int, str], tuple[int, int, str]] = {}
    rows = Location.objects.filter(trial__in=ranks).exclude(facility="").order_by("trial_id", "position")
    for trial_id, position, facility, status, city, state, country, *point in rows.values_list(*_PLACE).iterator():
        if key := site_key(facility, city, country):
            named.setdefault(key, SiteNamed(city, country)).note(facility, state, point)
            is_open, day = ranks[trial_id]
            this = (position, _rank(is_open and status in SITE_MAY_BE_OPEN, day), status)
            found[trial_id, key] = _better(found.get((trial_id, key)), this)
    ids = site_ids(named)
    links: dict[Link, tuple[int, int, str]] = {}
    for (trial_id, key), this in found.items():
        links[trial_id, ids[key]] = _better(links.get((trial_id, ids[key])), this)
    return links


def _better(one: tuple[int, int, str] | None, other: tuple[int, int, str]) -> tuple[int, int, str]:
    """Of a hospital that a trial lists twice, the place that may be open, then the one that says so, then the first."""
    if one is None:
        return other
    return max(one, other, key=lambda place: (place[1], bool(place[2]), -place[0]))
