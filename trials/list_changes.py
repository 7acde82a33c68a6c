"""Arms, interventions and primary outcomes that came, went or were renamed. Pure.

A list that is suddenly empty counts as not served. Descriptions are not compared: they are rewritten all the time,
and what matters in them stands in the names and measures.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from trials.differences import Difference, capped, hashed, pair_alike, pair_off
from trials.records import Arm, Intervention, Outcome
from trials.text_match import is_close, is_same, key, likeness, tokens

T = TypeVar("T")
_ALIKE = 0.5


def arm_differences(old: tuple[Arm, ...], new: tuple[Arm, ...]) -> list[Difference]:
    def score(a: Arm, b: Arm) -> float:
        return _renaming(a.label, b.label, a.description, b.description)

    return _named("arm", old, new, lambda arm: arm.label, score)


def intervention_differences(old: tuple[Intervention, ...], new: tuple[Intervention, ...]) -> list[Difference]:
    def score(a: Intervention, b: Intervention) -> float:
        if a.name in b.other_names or b.name in a.other_names:
            return 1.0
        return _renaming(a.name, b.name, a.description, b.description)

    return _named("intervention", old, new, lambda intervention: intervention.name, score)


def outcome_differences(old: tuple[Outcome, ...], new: tuple[Outcome, ...]) -> list[Difference]:
    """Primary outcomes: what the trial is there to measure, and when."""
    if not old or not new:
        return []

    def score(a: Outcome, b: Outcome) -> float:
        return 1.0 if is_close(a.measure, b.measure) else likeness(a.measure, b.measure)

    _, gone, come = pair_off(_sorted(old), _sorted(new), _full_key)
    renamed, gone, come = pair_alike(gone, come, score, _ALIKE)
    found = [
        Difference(_outcome_field(b), "outcome_changed", outcome_facts(a), outcome_facts(b), b.measure[:200])
        for a, b in renamed
        if not (is_close(a.measure, b.measure) and (is_close(a.time_frame, b.time_frame) or not b.time_frame))
    ]
    removed = [Difference(_outcome_field(o), "outcome_removed", outcome_facts(o), None, o.measure[:200]) for o in gone]
    added = [Difference(_outcome_field(o), "outcome_added", None, outcome_facts(o), o.measure[:200]) for o in come]
    return capped(found) + capped(removed) + capped(added)


def outcome_facts(outcome: Outcome) -> dict[str, str]:
    return {"measure": outcome.measure, "time_frame": outcome.time_frame}


def _outcome_field(outcome: Outcome) -> str:
    return hashed("outcome", key(outcome.measure), key(outcome.time_frame))


def _full_key(outcome: Outcome) -> Any:
    return (key(outcome.measure), key(outcome.time_frame))


def _named(
    noun: str, old: tuple[T, ...], new: tuple[T, ...], name: Callable[[T], str], score: Callable[[T, T], float]
) -> list[Difference]:
    if not old or not new:
        return []

    def name_key(item: T) -> str:
        return key(name(item)) or name(item)

    _, gone, come = pair_off(_sorted(old), _sorted(new), name_key)
    renamed, gone, come = pair_alike(gone, come, score, _ALIKE)
    changed = [
        Difference(hashed(noun, name_key(b)), f"{noun}_renamed", name(a), name(b), name(b)[:200])
        for a, b in renamed
        if not is_close(name(a), name(b)) and sorted(tokens(name(a))) != sorted(tokens(name(b)))
    ]
    removed = [Difference(hashed(noun, name_key(i)), f"{noun}_removed", name(i), None, name(i)[:200]) for i in gone]
    added = [Difference(hashed(noun, name_key(i)), f"{noun}_added", None, name(i), name(i)[:200]) for i in come]
    return [d for found in (changed, removed, added) for d in capped(found)]


def _renaming(old_name: str, new_name: str, old_text: str, new_text: str) -> float:
    if is_close(old_name, new_name):
        return 1.0
    if old_text and is_same(old_text, new_text):
        return 0.9
    return likeness(old_name, new_name)


def _sorted(items: tuple[T, ...]) -> list[T]:
    """One order whatever the registry's: equal measures must pair the same way in every run."""
    return sorted(items, key=repr)
