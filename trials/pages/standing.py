"""Where a trial stands: how old its status is, what does not fit together, and its place on the phase ladder. Pure."""

from datetime import date
from typing import NamedTuple

from trials import vocabulary
from trials.records import RecordDate, TrialRecord

AGING_MONTHS = 6
STALE_MONTHS = 21
"""The registry calls a status unknown after 24 months without a word from the sponsor: warn before that."""


class Truth(NamedTuple):
    """`verified` is the day or month of the sponsor's last word, "" if the record gives none."""

    verified: str
    preposition: str
    tone: str
    note: str


def truth(record: TrialRecord, today: date) -> Truth:
    verified = record.status_verified
    preposition = "on" if verified.count("-") == 2 else "in"
    if record.status == "UNKNOWN":
        return Truth(verified, preposition, "red", _last_known(record))
    age = months_since(verified, today)
    looks_current = not vocabulary.status_words(record.status).has_ended
    if age is None or age < AGING_MONTHS or not looks_current:
        return Truth(verified, preposition, "", "")
    if age < STALE_MONTHS:
        return Truth(verified, preposition, "amber", f"That is {age} months ago. Ask the study team if it still holds.")
    return Truth(verified, preposition, "red", f"That is {_years(age)} ago, so it may no longer be true.")


def _last_known(record: TrialRecord) -> str:
    if not record.last_known_status:
        return "Nobody has confirmed the status since then."
    label = vocabulary.status_label(record.last_known_status).lower()
    return f"The last status it gave was: {label}. Nobody has confirmed that since."


def _years(months: int) -> str:
    return f"over {months // 12} years" if months >= 24 else "over a year"


def months_since(value: str, today: date) -> int | None:
    """Whole months from a record's date to today; None for no date or a bare year."""
    parts = value.split("-")
    if len(parts) < 2:
        return None
    return max(0, (today.year - int(parts[0])) * 12 + today.month - int(parts[1]))


def is_past(value: RecordDate | None, today: date) -> bool:
    """Whether the whole of the date, as precise as it is, lies before today."""
    return value is not None and value.date < today.isoformat()[: len(value.date)]


def banners(record: TrialRecord, today: date) -> list[str]:
    """Sentences for a reader where the record does not fit together."""
    out = []
    sites = [site.status for site in record.sites if site.status]
    if record.status == "RECRUITING":
        if sites and "RECRUITING" not in sites:
            out.append("The trial says it is recruiting, but none of its listed sites does. Call before you travel.")
        if is_past(record.primary_completion, today) and record.primary_completion:
            when = vocabulary.when_label(record.primary_completion.date)
            out.append(f"The record still says recruiting, though its main measurements were due to end {when}. "
                       "Ask the study team if you can still join.")  # fmt: skip
    if record.status == "NOT_YET_RECRUITING" and is_past(record.start, today) and record.start:
        when = vocabulary.date_label(record.start.date)
        out.append(f"The record gives {when} as the start, which has passed. It may have opened, or it may be late.")
    return out


class Rung(NamedTuple):
    name: str
    question: str
    state: str


_LADDER = (
    ("PHASE1", "Phase 1", "Is it safe, and at what dose?"),
    ("PHASE2", "Phase 2", "Does it seem to work?"),
    ("PHASE3", "Phase 3", "Is it better than today’s care?"),
    ("PHASE4", "Phase 4", "How does it do in everyday care?"),
)


def ladder(phases: tuple[str, ...]) -> list[Rung]:
    """The four phases with this trial's marked; empty where phases do not apply or the record gives none we know."""
    steps = [name for name, _, _ in _LADDER]
    early = "EARLY_PHASE1" in phases
    current = {steps.index(phase.removeprefix("EARLY_")) for phase in phases if phase.removeprefix("EARLY_") in steps}
    if not current:
        return []
    rungs = []
    for index, (_, name, question) in enumerate(_LADDER):
        state = "now" if index in current else "past" if index < min(current) else "next"
        rungs.append(Rung("Early phase 1" if early and not index else name, question, state))
    return rungs


_ACCESS = "It is a way to get a treatment that is not approved yet."


def no_ladder(record: TrialRecord) -> str:
    """Why there is no ladder, in a sentence; "" for a trial that has one."""
    if record.study_type == "EXPANDED_ACCESS":
        is_approved = record.status == "APPROVED_FOR_MARKETING"
        before = "It was a way to get a treatment before it was approved."
        return f"This is not a trial. {before if is_approved else _ACCESS}"
    if record.study_type == "OBSERVATIONAL":
        return "No phase: researchers watch and measure, and do not assign a treatment."
    if record.phases == ("NA",):
        return _without_phase(record)
    return "" if ladder(record.phases) else "The record does not say which phase this is."


_HAVE_PHASES = frozenset({"DRUG", "BIOLOGICAL", "GENETIC", "COMBINATION_PRODUCT"})


def _without_phase(record: TrialRecord) -> str:
    """Registrants choose "not applicable" for trials of drugs as well (NCT00448838)."""
    if any(each.type in _HAVE_PHASES for each in record.interventions):
        return "No phase: the sponsor says that phases do not apply to this trial."
    return "No phase: phases are for drugs, and this trial tests another kind of care."
