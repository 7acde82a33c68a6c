"""A Change -> the words a patient reads. Pure."""

from collections.abc import Callable, Sequence

from trials.changes import RULES, Change
from trials.sentences import SENTENCES, site_words
from trials.vocabulary import neutral, status_words

_OTHER_LABELS = {"listed": "Newly listed", "gone": "No longer in the registry", "returned": "Back in the registry"}


def label(kind: str) -> str:
    """Two or three words for a heading or a filter."""
    rule = RULES.get(kind)
    return rule.label if rule else _OTHER_LABELS.get(kind) or neutral(kind)


def sentence(change: Change) -> str:
    """One sentence for any change. A kind that nobody wrote a sentence for gets "... changed."."""
    if change.kind in _MORE and change.field.endswith("/more"):
        return _MORE[change.kind].format(count=f"{change.stands_for:,}")
    say = SENTENCES.get(change.kind)
    return say(change) if say else f"{label(change.kind)} changed."


def headline(changes: Sequence[Change]) -> str:
    """The first change in a few words, and how many others: `Recruiting has ended, and 2 more changes`."""
    if not changes:
        return ""
    first, others = changes[0], sum(change.stands_for for change in changes[1:])
    lead = _lead(first)
    if not others:
        return lead
    return f"{lead}, and {others:,} more {'change' if others == 1 else 'changes'}"


def _lead(change: Change) -> str:
    if change.field.endswith("/more"):
        return sentence(change).rstrip(".")
    fixed = _HEADLINES.get(change.kind)
    return fixed(change) if callable(fixed) else fixed or f"{label(change.kind)} changed"


_MORE = {
    "site_opened": "{count} more sites opened for recruiting.",
    "site_closed": "{count} more sites are no longer recruiting.",
    "site_status": "{count} more sites changed their status.",
    "site_added": "{count} more sites were added.",
    "site_removed": "{count} more sites are no longer listed.",
    "intervention_added": "{count} more treatments were added.",
    "intervention_removed": "{count} more treatments were removed.",
    "intervention_renamed": "{count} more treatments were renamed.",
    "arm_added": "{count} more treatment groups were added.",
    "arm_removed": "{count} more treatment groups were removed.",
    "arm_renamed": "{count} more treatment groups were renamed.",
    "outcome_added": "{count} more main results to measure were added.",
    "outcome_removed": "{count} more main results to measure were removed.",
    "outcome_changed": "{count} more main results to measure changed.",
}
_HEADLINES: dict[str, str | Callable[[Change], str]] = {
    "listed": "Newly listed",
    "gone": "No longer in the registry",
    "returned": "Back in the registry",
    "status_terminated": "This trial stopped early",
    "status_withdrawn": "This trial was called off",
    "status_suspended": "This trial is paused",
    "status_opened": "Recruiting has opened",
    "status_closed": "Recruiting has ended",
    "status_unknown": "The status is now unknown",
    "status": lambda change: f"The status is now “{status_words(change.new).label}”",
    "unveiled": "The details are now public",
    "veiled": "The details are now hidden",
    "results_posted": "Results were posted",
    "eligibility": "Who can join has changed",
    "minimum_age": "The lowest age has changed",
    "maximum_age": "The highest age has changed",
    "sex": "Who can join has changed",
    "healthy_volunteers": "Who can join has changed",
    "why_stopped": "A reason for stopping was given",
    "site_opened": lambda change: f"{site_words(change)} opened for recruiting",
    "site_closed": lambda change: f"{site_words(change)} is no longer recruiting",
    "site_added": lambda change: f"{site_words(change)} was added",
    "site_removed": lambda change: f"{site_words(change)} is no longer listed",
    "expanded_access": "The treatment is available outside the trial",
}
