"""The sentence for each kind of change. Pure."""

from collections.abc import Callable
from typing import Any

from trials.age_words import age_label
from trials.changes import Change
from trials.date_wording import date_sentence
from trials.site_changes import is_nameless
from trials.text import unescape
from trials.vocabulary import STATUS, date_label, listed, phase_label, status_words, study_type_label

_LONGEST_QUOTE = 140
_MOST_NAMES = 3


def quoted(text: Any, longest: int = _LONGEST_QUOTE) -> str:
    """`“...”` on one line, cut at a word."""
    words = " ".join(str(text or "").split()).rstrip(".;")
    if len(words) > longest:
        words = f"{words[:longest].rsplit(' ', 1)[0].rstrip(',;:')}…"
    return f"“{words}”"


def _status(change: Change) -> str:
    """A status that we have no words for is new to this trial; in the record of a trial that we see first it is not."""
    now = "" if change.new in STATUS else "now "
    return f"This trial {now}{status_words(change.new).clause}."


def _opened(change: Change) -> str:
    if change.new == "AVAILABLE":
        return "You can now ask for this treatment outside a trial (expanded access)."
    if change.old == "UNKNOWN":
        return "The sponsor now confirms that this trial is looking for people."
    again = "again" if change.old in ("SUSPENDED", "ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED") else "now"
    return f"This trial opened and is looking for people {again}."


def _closed(change: Change) -> str:
    if change.new == "ENROLLING_BY_INVITATION" and change.old != "RECRUITING":
        return "This trial takes only people it invites: there is no open recruiting."
    return _CLOSED.get(change.new) or f"Recruiting has ended: this trial {status_words(change.new).clause}."


_CLOSED = {
    "ACTIVE_NOT_RECRUITING": "Recruiting has ended, and the trial goes on with the people who joined.",
    "COMPLETED": "Recruiting has ended, and the trial has finished.",
    "ENROLLING_BY_INVITATION": "Open recruiting has ended, and only people who are invited can join.",
    "NOT_YET_RECRUITING": "This trial is not recruiting for now, and is listed as not open yet.",
    "NO_LONGER_AVAILABLE": "This treatment is no longer available outside a trial.",
    "APPROVED_FOR_MARKETING": "The treatment is approved, so this access program has ended.",
}


def _suspended(change: Change) -> str:
    if change.new == "TEMPORARILY_NOT_AVAILABLE":
        return "This treatment is not available outside a trial for now."
    return "This trial is paused (suspended), and may start again."


def _unveiled(change: Change) -> str:
    return f"The details of this trial are now public: it {status_words((change.new or {}).get('status', '')).clause}."


def _why_stopped(change: Change) -> str:
    return f"The sponsor’s reason: {quoted(unescape(change.new))}."


def _results(change: Change) -> str:
    when = f" on {date_label(change.new)}" if change.new else ""
    return f"Results of this trial were posted{when}."


def _criteria(change: Change) -> str:
    old, new = change.old or {}, change.new or {}
    counts = ((len(new.get("added", ())), "added"), (len(old.get("removed", ())), "removed"),
              (len(new.get("edited", ())), "reworded"))  # fmt: skip
    told = [f"{count} {what}" for count, what in counts if count]
    if sum(count for count, _ in counts) == 1:
        return f"One rule about who can join was {told[0].split()[1]}."
    return f"Rules about who can join changed: {listed(told)}."


def _age(change: Change) -> str:
    which = "lowest" if change.kind == "minimum_age" else "highest"
    if not change.new:
        return f"There is no longer a {which} age for joining."
    if not change.old:
        return f"There is now a {which} age for joining: {age_label(change.new)}."
    return f"The {which} age for joining went from {age_label(change.old)} to {age_label(change.new)}."


def _sex(change: Change) -> str:
    who = {"ALL": "People of any sex", "FEMALE": "Only women and girls", "MALE": "Only men and boys"}
    return f"{who[change.new]} can join now." if change.new in who else f"Who can join by sex is now: {change.new}."


def _healthy(change: Change) -> str:
    return "Healthy volunteers can now join." if change.new else "Healthy volunteers can no longer join."


def site_words(change: Change) -> str:
    """`The Bethesda site (NIH Clinical Center)`."""
    site = change.new or change.old or {}
    facility = site.get("facility") or ""
    place = site.get("city") or site.get("state") or site.get("country")
    if is_nameless(facility):
        return f"The {place} site" if place else "A site"
    return f"The {place} site ({facility})" if place else f"The site {facility}"


def _site_closed(change: Change) -> str:
    if change.new["status"] in ("TERMINATED", "WITHDRAWN"):
        return f"{site_words(change)} has stopped taking part."
    if change.new["status"] == "SUSPENDED":
        return f"{site_words(change)} has paused recruiting."
    return f"{site_words(change)} is no longer recruiting."


def _site_status(change: Change) -> str:
    return f"{site_words(change)} now has the status “{status_words(change.new['status']).label}”."


def _site_added(change: Change) -> str:
    tail = " and is recruiting" if change.new["status"] == "RECRUITING" else ""
    return f"{site_words(change)} was added{tail}."


def _renamed(noun: str) -> Callable[[Change], str]:
    return lambda change: f"{noun} was renamed from {quoted(change.old, 60)} to {quoted(change.new, 60)}."


def _outcome(change: Change) -> str:
    measure, old, new = quoted(change.new["measure"], 80), change.old["time_frame"], change.new["time_frame"]
    if change.old["measure"] == change.new["measure"] and old and new:
        return f"A main result, {measure}, is now measured over {quoted(new, 60)}, not {quoted(old, 60)}."
    if change.old["measure"] == change.new["measure"]:
        return f"The time frame of a main result, {measure}, changed."
    return f"A main result to measure went from {quoted(change.old['measure'], 80)} to {measure}."


def _enrollment(change: Change) -> str:
    (old, new), (was, now) = (_count(change.old), _count(change.new)), (change.old["type"], change.new["type"])
    if (was, now) == ("ESTIMATED", "ACTUAL"):
        joined = "Nobody" if new == "0" else "1 person" if new == "1" else f"{new} people"
        return f"{joined} joined, as planned." if old == new else f"{joined} joined; {old} were planned."
    which = "planned number" if now == "ESTIMATED" else "number"
    return f"The {which} of participants went from {old} to {new}."


def _count(enrollment: dict[str, Any]) -> str:
    return f"{enrollment['count']:,}"


def _masking(change: Change) -> str:
    if change.new == "NONE":
        return "Everyone in this trial now knows who gets which treatment."
    return "Some people in this trial now do not know who gets which treatment."


def _named_list(noun: str) -> Callable[[Change], str]:
    def say(change: Change) -> str:
        old, new = set(change.old or ()), set(change.new or ())
        parts = [
            f"{what}: {_some(sorted(names, key=str.casefold))}"
            for what, names in (("now also", new - old), ("no longer", old - new))
            if names
        ]
        return f"The listed {noun} changed ({'; '.join(parts)})."

    return say


def _some(names: list[str]) -> str:
    """The first three, and how many others: registrants list up to fifty."""
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"


def _fixed(text: str) -> Callable[[Change], str]:
    return lambda change: text


SENTENCES: dict[str, Callable[[Change], str]] = {
    "listed": _fixed("This trial was listed in the registry."),
    "gone": _fixed("This trial is no longer in the registry."),
    "returned": _fixed("The registry lists this trial again."),
    "status_terminated": _status,
    "status_withdrawn": _status,
    "status_suspended": _suspended,
    "status_opened": _opened,
    "status_closed": _closed,
    "status_unknown": _fixed("The sponsor has not confirmed this trial for two years, so its status is now unknown."),
    "status": _status,
    "unveiled": _unveiled,
    "veiled": _fixed("The registry now hides the details of this trial."),
    "why_stopped": _why_stopped,
    "results_posted": _results,
    "eligibility": _criteria,
    "eligibility_wording": _fixed("The wording of the rules about who can join was corrected."),
    "minimum_age": _age,
    "maximum_age": _age,
    "sex": _sex,
    "healthy_volunteers": _healthy,
    "site_opened": lambda change: f"{site_words(change)} opened for recruiting.",
    "site_closed": _site_closed,
    "site_status": _site_status,
    "site_added": _site_added,
    "site_removed": lambda change: f"{site_words(change)} is no longer listed.",
    "expanded_access": _fixed("The treatment is now available outside the trial (expanded access)."),
    "expanded_access_ended": _fixed("The treatment is no longer available outside the trial (expanded access)."),
    "phase": lambda change: f"The phase went from {phase_label(change.old)} to {phase_label(change.new)}.",
    "study_type": lambda change: (
        f"The type of study went from {study_type_label(change.old).lower()} to {study_type_label(change.new).lower()}."
    ),
    "intervention_added": lambda change: f"A treatment was added: {quoted(change.new)}.",
    "intervention_removed": lambda change: f"A treatment was removed: {quoted(change.old)}.",
    "intervention_renamed": _renamed("A treatment"),
    "arm_added": lambda change: f"A treatment group was added: {quoted(change.new)}.",
    "arm_removed": lambda change: f"A treatment group was removed: {quoted(change.old)}.",
    "arm_renamed": _renamed("A treatment group"),
    "outcome_added": lambda change: f"A main result to measure was added: {quoted(change.new['measure'])}.",
    "outcome_removed": lambda change: f"A main result to measure was removed: {quoted(change.old['measure'])}.",
    "outcome_changed": _outcome,
    "enrollment": _enrollment,
    "enrollment_adjusted": _enrollment,
    "start_moved": date_sentence,
    "start_adjusted": date_sentence,
    "primary_completion_moved": date_sentence,
    "primary_completion_adjusted": date_sentence,
    "completion_moved": date_sentence,
    "completion_adjusted": date_sentence,
    "start_void": date_sentence,
    "primary_completion_void": date_sentence,
    "completion_void": date_sentence,
    "masking": _masking,
    "sponsor": lambda change: f"The sponsor changed from {change.old} to {change.new}.",
    "brief_title": _fixed("The registry’s title of this trial changed."),
    "official_title": _fixed("The official title of this trial changed."),
    "brief_summary": _fixed("The sponsor rewrote part of the registry’s summary."),
    "conditions": _named_list("conditions"),
    "collaborators": _named_list("collaborators"),
}
