"""Keeps the rows that a search reads, in the same pass and transaction that stores the trials."""

from collections.abc import Iterable, Sequence
from typing import Any

from trials import ready
from trials.batches import batches
from trials.condition_index import ConditionIndex, NamesConditions
from trials.copy_text import array
from trials.copying import copy_lines
from trials.models import Trial, TrialSearch
from trials.place_index import PlaceIndex
from trials.ready import Ready, Sought
from trials.records import TrialRecord
from trials.search import spelling
from trials.search.terms import Kind, marked

Numbered = Sequence[tuple[int, TrialRecord]]
def add(trials: Sequence[tuple[int, Ready]], conditions: ConditionIndex, places: PlaceIndex) -> None:
    """Rows for trials that were just stored for the first time: (primary key, what was made ready)."""
    _copy([(id_, made.sought, made) for id_, made in trials], conditions, places)
    spelling.note(made.names for _, made in trials)


def renew(trials: Numbered, conditions: ConditionIndex, places: PlaceIndex) -> None:
    """Rows anew for trials whose record, summary or conditions changed."""
    ids = [id_ for id_, _ in trials]
    drop(ids)
    summarised = Trial.objects.filter(id__in=ids, plain_summary__isnull=False).select_related("plain_summary")
    summaries = {trial.id: trial.summary for trial in summarised if trial.summary}
    _copy([(id_, _sought(record, summaries.get(id_)), record) for id_, record in trials], conditions, places)


def drop(trial_ids: Iterable[int]) -> None:
    """Trials that the registry no longer lists are not found."""
    TrialSearch.objects.filter(trial_id__in=list(trial_ids)).delete()


def refresh(trial_ids: Iterable[int]) -> None:
    """Makes the rows of these trials again from what is stored: after an editor published, merged or hid."""
    for batch in batches(Trial.objects.listed().filter(id__in=list(trial_ids)).select_related("document").iterator()):
        _again(batch)


def rebuild() -> int:
    """Makes every row again, and returns how many there are."""
    listed = Trial.objects.listed().order_by("id").select_related("document")
    done = 0
    for batch in batches(listed.iterator(chunk_size=500)):
        _again(batch)
        done += len(batch)
    drop(TrialSearch.objects.exclude(trial__gone_at=None).values_list("trial_id", flat=True))
    return done


def _again(trials: list[Trial]) -> None:
    conditions = ConditionIndex()
    numbered = [(trial.id, trial.document.record) for trial in trials]
    conditions.learn(record for _, record in numbered)
    renew(numbered, conditions, PlaceIndex())


def _sought(record: TrialRecord, summary: Any) -> Sought:
    """With the words of the editors' summary, where there is one."""
    if summary is None:
        return ready.sought(record)
    return ready.sought(record, title=summary.title, summary=summary.summary)


def _copy(
    trials: Sequence[tuple[int, Sought, NamesConditions]], conditions: ConditionIndex, places: PlaceIndex
) -> None:
    places.learn([sought for _, sought, _ in trials])
    copy_lines(TrialSearch, ("trial_id", *ready.SOUGHT, "regions", "terms"), (
        f"{id_}\t{sought.row}\t{array(places.regions(sought))}\t{_terms(sought, named, conditions, places)}"
        for id_, sought, named in trials
    ))  # fmt: skip


def _terms(sought: Sought, named: NamesConditions, conditions: ConditionIndex, places: PlaceIndex) -> str:
    found = [marked(Kind.CONDITION, condition) for condition in conditions.broad(named)]
    return "{" + ",".join([sought.terms, *map(str, found), *map(str, places.terms(sought))]) + "}"
