"""Which trials the directory has yet to look at. It costs the sync one statement a batch, a narrow row a trial."""

from collections.abc import Iterable

from django.db import connection

from trials.models import DirectoryDue

FEW = 2_000


def mark(trial_ids: Iterable[int]) -> None:
    """These were stored, are gone, or stand elsewhere now. In the transaction that does so."""
    if ids := list(trial_ids):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO trials_directorydue (trial_id) SELECT unnest(%s::bigint[])", [ids])


def mark_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO trials_directorydue (trial_id) SELECT id FROM trials_trial")


def are_few() -> bool:
    """Few enough to be looked at in the moment in which a run ends."""
    return DirectoryDue.objects.all()[: FEW + 1].count() <= FEW
