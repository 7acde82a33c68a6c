"""All that the registry lists, beside all that we hold: a table for the length of a run, as 600,000 ids fit no list."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from trials.batches import BATCH, batches
from trials.days import whole_day
from trials.models import StagedStudy, SyncRun
from trials.packing import unpack
from trials.records import parse
from trials.registry import InventoryRow

FEWEST_OF_A_CONDITION = 20
"""Of so many trials, all of one condition do not leave the registry in a day."""


@contextmanager
def table() -> "Iterator[Inventory]":
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE inventory (nct_id text PRIMARY KEY, posted date, status text)")
    try:
        yield Inventory()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE inventory")


class Inventory:
    def fill(self, rows: Iterable[InventoryRow]) -> None:
        with connection.cursor() as cursor:
            for batch in batches(rows, 5000):
                cursor.executemany(
                    "INSERT INTO inventory VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    [(row.nct_id, whole_day(row.last_update_posted or ""), _status(row)) for row in batch],
                )
            cursor.execute("ANALYZE inventory")

    def is_empty(self) -> bool:
        return not _column("SELECT nct_id FROM inventory LIMIT 1")

    def different(self) -> list[str]:
        """Ids that we lack, took for gone, or hold with another date or status; not those that wait in quarantine."""
        return _column("""
            SELECT i.nct_id FROM inventory i LEFT JOIN trials_trial t USING (nct_id)
            LEFT JOIN trials_quarantinedstudy q USING (nct_id)
            WHERE (t.id IS NULL OR t.gone_at IS NOT NULL OR NOT t.is_served OR t.status <> i.status
                   OR t.last_update_posted IS DISTINCT FROM i.posted)
              AND (q.id IS NULL OR q.retry_at <= now())
            ORDER BY i.nct_id
        """)

    def missing(self) -> list[str]:
        """Ids that the registry served once and does not list now; not those known to be out of our scope."""
        return _column("""
            SELECT t.nct_id FROM trials_trial t LEFT JOIN inventory i USING (nct_id)
            LEFT JOIN trials_missingstudy m ON m.trial_id = t.id AND m.is_out_of_scope
            WHERE i.nct_id IS NULL AND t.is_served AND t.gone_at IS NULL AND m.id IS NULL ORDER BY t.nct_id
        """)

    def emptied_conditions(self) -> list[str]:
        """Conditions of which the registry lists no trial any more, though we hold a good number."""
        return _column(
            """
            SELECT c.name FROM trials_trialcondition chip
            JOIN trials_trial t ON t.id = chip.trial_id AND t.is_served AND t.gone_at IS NULL
            JOIN trials_condition c ON c.id = chip.condition_id
            LEFT JOIN inventory i USING (nct_id)
            GROUP BY c.id HAVING count(*) >= %s AND count(i.nct_id) = 0
            ORDER BY count(*) DESC, c.name LIMIT 10
            """,
            [FEWEST_OF_A_CONDITION],
        )

    def moved_on(self) -> list[str]:
        """Studies that wait in a held run though the registry took that update back, or has a later one."""
        waiting = StagedStudy.objects.filter(run__state=SyncRun.State.HELD).iterator(chunk_size=BATCH)
        moved = []
        for batch in batches(waiting):
            posted = {row.nct_id: parse(unpack(row.packed)).last_update_posted for row in batch}
            listed = dict(_rows("SELECT nct_id, posted FROM inventory WHERE nct_id = ANY(%s)", [list(posted)]))
            moved += [id_ for id_, day in posted.items() if id_ in listed and whole_day(day) != listed[id_]]
        return moved

    def forget_found(self) -> None:
        """What was missing and is listed again was never gone."""
        with connection.cursor() as cursor:
            cursor.execute("""
                DELETE FROM trials_missingstudy m USING trials_trial t, inventory i
                WHERE t.id = m.trial_id AND i.nct_id = t.nct_id
            """)


def _status(row: InventoryRow) -> str:
    return (row.overall_status or "").upper().replace(" ", "_")[:40]


def _column(query: str, values: Sequence[int] = ()) -> list[str]:
    return [row[0] for row in _rows(query, values)]


def _rows(query: str, values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
