"""Fields of one value each: ages, sex, enrollment, phase, sponsor, titles, conditions. Pure."""

import re
from collections.abc import Callable, Iterator

from trials.differences import Difference
from trials.records import TrialRecord
from trials.text_match import is_close, key
from trials.watched import MODULE_OF, watched_enrollment, watched_names

_MINUTES = {"minute": 1, "hour": 60, "day": 1_440, "week": 10_080, "month": 43_830, "year": 525_960}
_AGE = re.compile(r"(\d+) (Minute|Hour|Day|Week|Month|Year)s?", re.IGNORECASE)
_GREAT_CHANGE = 0.2
"""Share of the old enrollment beyond which the new one counts as more than bookkeeping."""


def plain_differences(old: TrialRecord, new: TrialRecord, unknown: frozenset[str]) -> list[Difference]:
    """`unknown`: modules that the new record was served without."""
    return [
        difference
        for field, compare in _COMPARISONS.items()
        if MODULE_OF[field] not in unknown
        for difference in compare(old, new)
    ]


def _results(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if new.has_results and not old.has_results:
        yield Difference("results", "results_posted", None, new.results_posted)


def _expanded_access(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if new.has_expanded_access and old.has_expanded_access is False:
        yield Difference("expanded_access", "expanded_access", False, True, new.expanded_access_nct_id)
    elif old.has_expanded_access and new.has_expanded_access is False:
        yield Difference("expanded_access", "expanded_access_ended", True, False)


def _sponsor(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if old.lead_sponsor and new.lead_sponsor and not is_close(old.lead_sponsor.name, new.lead_sponsor.name):
        yield Difference("sponsor", "sponsor", old.lead_sponsor.name, new.lead_sponsor.name)


def _collaborators(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    before = tuple(sponsor.name for sponsor in old.collaborators)
    yield from _names("collaborators", before, tuple(sponsor.name for sponsor in new.collaborators))


def _conditions(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if old.conditions and new.conditions:
        yield from _names("conditions", old.conditions, new.conditions)


def _names(field: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Difference]:
    gone = [name for name in old if not any(is_close(name, other) for other in new)]
    come = [name for name in new if not any(is_close(name, other) for other in old)]
    if gone or come:
        yield Difference(field, field, watched_names(old), watched_names(new))


def _text(field: str) -> Callable[[TrialRecord, TrialRecord], Iterator[Difference]]:
    def compare(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
        before, after = getattr(old, field), getattr(new, field)
        if before and after and not is_close(before, after):
            yield Difference(field, field, before, after)

    return compare


def _study_type(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if old.study_type and new.study_type and old.study_type != new.study_type:
        yield Difference("study_type", "study_type", old.study_type, new.study_type)


def _phase(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if old.phases and new.phases and set(old.phases) != set(new.phases):
        yield Difference("phases", "phase", sorted(set(old.phases)), sorted(set(new.phases)))


def _masking(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    """Open or masked: the registry relabelled double as quadruple masking in bulk (NCT00734539)."""
    if old.masking and new.masking and (old.masking == "NONE") != (new.masking == "NONE"):
        yield Difference("masking", "masking", old.masking, new.masking)


def _enrollment(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if old.enrollment is None or new.enrollment is None:
        return
    before, after = watched_enrollment(old), watched_enrollment(new)
    came_true = (old.enrollment_type, new.enrollment_type) == ("ESTIMATED", "ACTUAL")
    if old.enrollment == new.enrollment and not came_true:
        return
    is_great = abs(new.enrollment - old.enrollment) > _GREAT_CHANGE * old.enrollment
    # Withdrawn trials have 0 participants by definition: the status has said it.
    kind = "enrollment" if is_great and new.status != "WITHDRAWN" else "enrollment_adjusted"
    yield Difference("enrollment", kind, before, after)


def _age(field: str) -> Callable[[TrialRecord, TrialRecord], Iterator[Difference]]:
    def compare(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
        before, after = getattr(old, field), getattr(new, field)
        if _minutes(before) != _minutes(after):
            yield Difference(field, field, before or None, after or None)

    return compare


def _minutes(age: str) -> int | str:
    """`1 Year` and `12 Months` are one limit. What is no age compares as text."""
    match = _AGE.fullmatch(age.strip())
    return int(match[1]) * _MINUTES[match[2].lower()] if match else key(age)


def _sex(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    if old.sex and new.sex and old.sex != new.sex:
        yield Difference("sex", "sex", old.sex, new.sex)


def _healthy_volunteers(old: TrialRecord, new: TrialRecord) -> Iterator[Difference]:
    before, after = old.healthy_volunteers, new.healthy_volunteers
    if before is not None and after is not None and before != after:
        yield Difference("healthy_volunteers", "healthy_volunteers", before, after)


_COMPARISONS: dict[str, Callable[[TrialRecord, TrialRecord], Iterator[Difference]]] = {
    "results": _results,
    "expanded_access": _expanded_access,
    "sponsor": _sponsor,
    "collaborators": _collaborators,
    "conditions": _conditions,
    "brief_title": _text("brief_title"),
    "official_title": _text("official_title"),
    "brief_summary": _text("brief_summary"),
    "study_type": _study_type,
    "phases": _phase,
    "masking": _masking,
    "enrollment": _enrollment,
    "minimum_age": _age("minimum_age"),
    "maximum_age": _age("maximum_age"),
    "sex": _sex,
    "healthy_volunteers": _healthy_volunteers,
}
