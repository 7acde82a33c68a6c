"""Which trial stands on which page of the directory, and the counts beside the names. Filling and editing write."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from trials.copying import copy_rows
from trials.models import TrialSearch, TrialSite, TrialTreatment

Link = tuple[int, int]
"""Trial and entry."""
Value = tuple[int, int, str]
"""Position in the record, rank on the page, the site's own status."""


@dataclass(frozen=True)
class Shelf:
    links: type[TrialTreatment] | type[TrialSite]
    entries: str
    column: str

    @property
    def table(self) -> str:
        return self.links._meta.db_table

    @property
    def has_status(self) -> bool:
        return self.links is TrialSite


TREATMENTS = Shelf(TrialTreatment, "trials_treatment", "treatment_id")
SITES = Shelf(TrialSite, "trials_site", "site_id")


def settle(shelf: Shelf, trial_ids: Iterable[int], wanted: dict[Link, Value]) -> set[int]:
    """Makes the links of these trials the wanted ones; the entries whose counts moved. What is right stays."""
    present = _present(shelf, list(trial_ids))
    gone = [link for link in present if link not in wanted]
    new = [link for link in wanted if link not in present]
    changed = [link for link in wanted if link in present and present[link] != wanted[link]]
    _delete(shelf, gone + changed)
    copy_rows(shelf.links, (_row(shelf, link, wanted[link]) for link in new + changed))
    trials: Counter[int] = Counter()
    opens: Counter[int] = Counter()
    for links, values, sign in ((gone + changed, present, -1), (new + changed, wanted, 1)):
        for link in links:
            trials[link[1]] += sign
            opens[link[1]] += sign * (values[link][1] >= TrialSearch.OPEN)
    moved = {entry for entry in trials if trials[entry] or opens[entry]}
    _count(shelf, {entry: (trials[entry], opens[entry]) for entry in sorted(moved)})
    return moved


def _present(shelf: Shelf, trial_ids: list[int]) -> dict[Link, Value]:
    rows: Any = shelf.links._default_manager.filter(trial_id__in=trial_ids)
    columns = ("trial_id", shelf.column, "position", "rank")
    if shelf.has_status:
        return {(trial, entry): tuple(value) for trial, entry, *value in rows.values_list(*columns, "status")}
    return {(trial, entry): (*value, "") for trial, entry, *value in rows.values_list(*columns)}


def _row(shelf: Shelf, link: Link, value: Value) -> dict[str, Any]:
    row: dict[str, Any] = {"trial_id": link[0], shelf.column: link[1], "position": value[0], "rank": value[1]}
    return {**row, "status": value[2]} if shelf.has_status else row


def _delete(shelf: Shelf, links: list[Link]) -> None:
    if links:
        sql = f"""
            DELETE FROM {shelf.table} link USING unnest(%s::bigint[], %s::bigint[]) AS old(trial_id, entry_id)
            WHERE link.trial_id = old.trial_id AND link.{shelf.column} = old.entry_id
        """  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, [[trial for trial, _ in links], [entry for _, entry in links]])


def _count(shelf: Shelf, moved: dict[int, tuple[int, int]]) -> None:
    """By how much the counts moved: a hospital of five thousand trials is not counted anew for one."""
    if moved:
        sql = f"""
            UPDATE {shelf.entries} AS entry SET trial_count = greatest(0, trial_count + moved.trials),
                                               open_count = greatest(0, open_count + moved.opens)
            FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS moved(id, trials, opens) WHERE entry.id = moved.id
        """  # noqa: S608
        values = list(moved.values())
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(moved), [trials for trials, _ in values], [opens for _, opens in values]])


_TOWN_COUNTS = """
    UPDATE trials_town SET (site_count, open_count) = (
        SELECT count(*), count(*) FILTER (WHERE site.open_count > 0) FROM trials_site site
        WHERE site.town_id = trials_town.id AND NOT is_hidden AND merged_into_id IS NULL AND trial_count > 0)
"""


def recount_towns(town_ids: Iterable[int]) -> None:
    if ids := sorted(town_ids):
        with connection.cursor() as cursor:
            cursor.execute(f"{_TOWN_COUNTS} WHERE id = ANY(%s)", [ids])


def recount_all() -> None:
    """Every count anew, and no link of a trial that is not there any more."""
    with connection.cursor() as cursor:
        for shelf in (TREATMENTS, SITES):
            cursor.execute(f"""
                DELETE FROM {shelf.table} link
                WHERE NOT EXISTS (SELECT 1 FROM trials_trial WHERE id = link.trial_id AND gone_at IS NULL)
            """)  # noqa: S608
            cursor.execute(f"""
                UPDATE {shelf.entries} AS entry SET trial_count = coalesce(counted.trials, 0),
                                                   open_count = coalesce(counted.opens, 0)
                FROM {shelf.entries} AS every LEFT JOIN (
                    SELECT {shelf.column} AS id, count(*) AS trials,
                           count(*) FILTER (WHERE rank >= {TrialSearch.OPEN}) AS opens
                    FROM {shelf.table} GROUP BY 1) AS counted USING (id)
                WHERE entry.id = every.id
                  AND (entry.trial_count, entry.open_count)
                      IS DISTINCT FROM (coalesce(counted.trials, 0), coalesce(counted.opens, 0))
            """)  # noqa: S608
        cursor.execute(_TOWN_COUNTS)
