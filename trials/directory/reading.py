"""What the pages of treatments and hospitals ask the database. The index of each statement is with the models."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connections, router
from django.db.models import Q

from trials import records
from trials.changes import Rank
from trials.directory.keys import site_key, treatment_key, words
from trials.models import Site, Town, Treatment, Trial, TrialChange, TrialSite, TrialTreatment
from trials.packing import unpack

PER_PAGE = 20
MOST_READ, FEW_READ = 1_000, 300
"""Of a treatment's or hospital's trials, so many of the best are looked at for conditions and the feed; for the few
changes on its page, the open ones that were updated last."""
MOST_CHANGES = 300
SITE_KINDS = ("site_opened", "site_closed", "site_added", "site_removed", "site_status")
"""Changes at one site of many: news only on the page of that site."""

Entry = Treatment | Site


class Listed(NamedTuple):
    """A trial on the page; `status` is the hospital's own there, empty where the record gives none."""

    trial: Trial
    status: str = ""


@dataclass(frozen=True)
class Page:
    number: int
    rows: list[Listed]
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def next(self) -> int:
        return self.number + 1 if self.number < self.pages else 0


def links_of(entry: Entry) -> Any:
    """Open trials first, then those updated last."""
    if isinstance(entry, Treatment):
        return TrialTreatment.objects.filter(treatment=entry).order_by("-rank", "-trial")
    return TrialSite.objects.filter(site=entry).order_by("-rank", "-trial")


def page(entry: Entry, number: int, *, per_page: int = PER_PAGE, with_documents: bool = False) -> Page:
    """Two queries; with their documents, where the page says more about the treatment itself."""
    columns = ("trial_id", "status") if isinstance(entry, Site) else ("trial_id",)
    skip = (number - 1) * per_page
    links = list(links_of(entry).values_list(*columns)[skip : skip + per_page]) if skip <= entry.trial_count else []
    related = ("plain_summary", "document") if with_documents else ("plain_summary",)
    trials = Trial.objects.listed().select_related(*related).in_bulk([link[0] for link in links])
    rows = [Listed(trials[link[0]], *link[1:]) for link in links if link[0] in trials]
    return Page(number, rows, entry.trial_count)


@dataclass(frozen=True)
class Described:
    """What records say of one treatment: its kind, and the names that they give it beside its own."""

    kinds: list[str]
    names: list[str]


def described(treatment: Treatment, rows: Sequence[Listed]) -> Described:
    """Read off the trials of the first page: no more than twenty, and the ones that matter most."""
    kinds: Counter[str] = Counter()
    names: dict[str, str] = {}
    for row in rows:
        for each in records.interventions(unpack(row.trial.document.packed)):
            if treatment_key(each.name) == treatment.key:
                kinds[each.type] += 1
                for name in each.other_names:
                    names.setdefault(treatment_key(name), name)
    names = {key: name for key, name in names.items() if key not in ("", treatment.key) and len(name) <= 60}
    return Described([kind for kind, _ in kinds.most_common(2) if kind], list(names.values())[:8])


class Tried(NamedTuple):
    name: str
    slug: str
    trials: int


_CONDITIONS = """
    WITH best AS MATERIALIZED (
        SELECT trial_id FROM {table} WHERE {column} = %s ORDER BY rank DESC, trial_id DESC LIMIT %s)
    SELECT name, slug, many FROM (
        SELECT condition_id, count(*) AS many FROM best JOIN trials_trialcondition USING (trial_id) GROUP BY 1
    ) AS counted
    JOIN trials_condition condition ON condition.id = condition_id
    WHERE NOT is_hidden AND merged_into_id IS NULL ORDER BY many DESC, name LIMIT %s
"""
_CHANGES = """
    WITH best AS MATERIALIZED (
        SELECT trial_id FROM {table} WHERE {column} = %s ORDER BY rank DESC, trial_id DESC LIMIT %s)
    SELECT change.id FROM best JOIN trials_trialchange change USING (trial_id)
    WHERE change.rank >= %s AND change.kind <> ALL(%s)
    ORDER BY detected_at DESC, trial_id, change.rank DESC, change.id LIMIT %s
"""


def _about(entry: Entry, sql: str) -> str:
    table, column = ("trialtreatment", "treatment_id") if isinstance(entry, Treatment) else ("trialsite", "site_id")
    return sql.format(table=f"trials_{table}", column=column)


def _asked(entry: Entry, sql: str, read: int, *values: Any) -> list[tuple[Any, ...]]:
    with connections[router.db_for_read(Trial) or "default"].cursor() as cursor:
        cursor.execute(_about(entry, sql), [entry.pk, read, *values])
        return list(cursor.fetchall())


def conditions(entry: Entry, most: int = 12) -> list[Tried]:
    """The conditions of its trials, the commonest first."""
    return [Tried(*row) for row in _asked(entry, _CONDITIONS, MOST_READ, most)]


def changes(entry: Entry, most: int = MOST_CHANGES) -> list[TrialChange]:
    """The newest first, in two queries. What happened at other sites of a trial is no news here."""
    left_out = list(SITE_KINDS) if isinstance(entry, Treatment) else []
    read, wanted = (MOST_READ, MOST_CHANGES) if most >= MOST_CHANGES else (FEW_READ, most * 12)
    ids = [row[0] for row in _asked(entry, _CHANGES, read, int(Rank.DIGEST), left_out, wanted)]
    if not ids:
        return []
    found = TrialChange.objects.filter(id__in=ids).select_related("trial__plain_summary")
    ordered = found.order_by("-detected_at", "trial", "-rank", "id")
    keys = {entry.key, *entry.merged.values_list("key", flat=True)} if isinstance(entry, Site) else set()
    return [change for change in ordered if change.kind not in SITE_KINDS or keys & sites_of(change)][:most]


def sites_of(change: TrialChange) -> set[str]:
    """The keys of the sites that a change is about: one, or several where it stands for many."""
    facts: Any = change.new if change.new is not None else change.old
    sites = facts if isinstance(facts, list) else [facts]
    return {site_key(site["facility"] or "", site["city"] or "", site["country"] or "") for site in sites}


# --- the way to a page: letters, words, countries

LETTERS = "abcdefghijklmnopqrstuvwxyz"
OTHERS = "#"
"""Stands for names that begin with a figure or another script."""
_AFTER_Z = "{"
MOST_FOUND = 100
MOST_LOOKED_AT = 3_000
"""Of a word that half the names have, so many are looked at."""


def beginning(prefix: str) -> Q:
    """Keys that begin so. By the bytes of the key, so that the index on it answers."""
    if prefix == OTHERS:
        return Q(key__lt="a") | Q(key__gte=_AFTER_Z)
    return Q(key__gte=prefix, key__lt=prefix[:-1] + chr(ord(prefix[-1]) + 1))


_INITIALS = """
    SELECT prefix FROM unnest(%s::text[], %s::text[]) AS asked(prefix, after) WHERE EXISTS (
        SELECT 1 FROM trials_treatment WHERE key >= prefix COLLATE "C" AND key < after COLLATE "C"
        AND NOT is_hidden AND merged_into_id IS NULL AND trial_count > 0)
"""


def initials(before: str = "") -> list[str]:
    """The letters that some treatment begins with; after `before`, the next ones."""
    prefixes = [before + letter for letter in LETTERS]
    ranges = [(prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)) for prefix in prefixes]
    if not before:
        ranges += [("", "a"), (_AFTER_Z, chr(0x10FFFF))]
    with connections[router.db_for_read(Trial) or "default"].cursor() as cursor:
        cursor.execute(_INITIALS, [[first for first, _ in ranges], [after for _, after in ranges]])
        found = {prefix for (prefix,) in cursor.fetchall()}
    others = [OTHERS] if found & {"", _AFTER_Z} and not before else []
    return others + [prefix for prefix in prefixes if prefix in found]


def matching(rows: Any, asked: str) -> list[Any]:
    """The rows with all these words, or parts of words, in their names; those with the most open trials first."""
    parts = words(asked)[:8]
    if not parts:
        return []
    fitting = Q()
    for part in parts:
        fitting &= Q(key__contains=part)
    if max(map(len, parts)) < 3:  # too short for the index on parts of words: what begins so
        fitting &= beginning_with(parts[0])
    # In two steps: told to sort as well, the planner takes the long way round
    found = rows.listed().filter(fitting).values_list("pk", "open_count", "trial_count", "key")[:MOST_LOOKED_AT]
    best = sorted(found, key=lambda row: (-row[1], -row[2], row[3]))[:MOST_FOUND]
    entries = rows.in_bulk([row[0] for row in best]) if best else {}
    return [entries[row[0]] for row in best if row[0] in entries]


def beginning_with(text: str) -> Q:
    return Q(key__gte=text, key__lt=text + chr(0x10FFFF))


class Area(NamedTuple):
    """A country, or a state of one, with how many hospitals and sites it has, and how many with an open trial."""

    name: str
    path: str
    sites: int
    open_sites: int


_COUNTRIES = """
    SELECT min(country), split_part(slug, '/', 1) AS path, sum(site_count)::int, sum(open_count)::int
    FROM trials_town WHERE site_count > 0 GROUP BY path ORDER BY 1
"""
_STATES = """
    SELECT min(state), split_part(slug, '/', 1) || '/' || split_part(slug, '/', 2) AS path,
           sum(site_count)::int, sum(open_count)::int
    FROM trials_town WHERE slug >= %s COLLATE "C" AND slug < %s COLLATE "C" AND site_count > 0
    GROUP BY path ORDER BY min(state) = '', 1
"""


def countries() -> list[Area]:
    return _areas(_COUNTRIES, [])


def states(country: str) -> list[Area]:
    """The states of a country by their names; one without a name holds the cities of records that give none."""
    return _areas(_STATES, [f"{country}/", f"{country}0"])


def _areas(sql: str, values: list[str]) -> list[Area]:
    with connections[router.db_for_read(Trial) or "default"].cursor() as cursor:
        cursor.execute(sql, values)
        return [Area(*row) for row in cursor.fetchall()]


def towns(path: str) -> Any:
    """The cities of a state, or of the part of a country that has none, from A to Z."""
    return Town.objects.filter(slug__gte=f"{path}/", slug__lt=f"{path}0", site_count__gt=0).order_by("city", "slug")
