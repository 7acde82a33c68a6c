"""Which record of a trial its readers were last told about: what the next change is measured against.

That is the stored one, but for a trial whose overall status is a word that we do not know. Its page shows the record
as it is; nobody is told what we do not understand. The record before it is kept, and once the status is a known word
again, or our code has learned the new one, the two are compared: nothing is lost, and nothing is told for a detour.
"""

from collections.abc import Collection

from django.db.models import F

from trials.models import TrialVersion
from trials.records import TrialRecord, parse
from trials.vocabulary import STATUS


def is_understood(record: TrialRecord) -> bool:
    return record.status in STATUS


def last_told(trial_ids: Collection[int]) -> dict[int, TrialRecord]:
    """The records of those trials, by primary key, whose stored record was never told of."""
    kept = TrialVersion.objects.filter(trial__in=trial_ids, version=F("trial__version"))
    return {row.trial_id: parse(row.study) for row in kept}


def told_now(trial_ids: Collection[int]) -> None:
    """The stored records of these are the new silent baseline."""
    TrialVersion.objects.filter(trial__in=trial_ids, version=F("trial__version")).delete()
