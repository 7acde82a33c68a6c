"""NCT IDs that somebody gave -> trials, in that order: a former ID, or that of a merged study, stands for the trial
that holds it now, as on the trial's own page.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import F
from django.db.models.functions import Coalesce

from trials.models import Trial, TrialAlias
from trials.models.trials import TrialQuerySet


class AskedTrials(NamedTuple):
    """`renamed` are pairs: the ID that was given, the trial's own. `missing` are those that we do not have."""

    trials: list[Trial]
    renamed: list[tuple[str, str]]
    missing: list[str]


def asked_trials(rows: TrialQuerySet, ids: Sequence[str]) -> AskedTrials:
    """Each trial once. One query, two more where an ID is none of a trial that is listed."""
    found = {trial.nct_id: trial for trial in rows.listed().filter(nct_id__in=ids)} if ids else {}
    unknown = [nct_id for nct_id in ids if nct_id not in found]
    if unknown and (others := _now_at(unknown)):
        now = rows.listed().in_bulk(list(others.values()))
        found |= {nct_id: now[pk] for nct_id, pk in others.items() if pk in now}
    trials = {found[nct_id].pk: found[nct_id] for nct_id in ids if nct_id in found}
    renamed = [(nct_id, found[nct_id].nct_id) for nct_id in unknown if nct_id in found]
    return AskedTrials(list(trials.values()), renamed, [nct_id for nct_id in ids if nct_id not in found])


def _now_at(ids: Sequence[str]) -> dict[str, int]:
    """Former and merged IDs -> the keys of the trials that they lead to."""
    former = TrialAlias.objects.filter(alias__in=ids).annotate(now=Coalesce("trial__moved_to_id", "trial_id"))
    merged = Trial.objects.filter(nct_id__in=ids, moved_to__isnull=False).annotate(now=F("moved_to_id"))
    return dict(former.values_list("alias", "now").union(merged.values_list("nct_id", "now")))
