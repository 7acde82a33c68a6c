"""What a mail about one trial says of the trial itself. Reads rows, sends nothing.

Our editors' words; or, once the record changed after they were checked, sentences made by rule from the record of
today: the same mail must not say that a trial opened and that it is paused.
"""

from dataclasses import dataclass
from datetime import date

from trials import in_short
from trials.models import Trial


@dataclass(frozen=True)
class About:
    in_our_words: str = ""
    in_short: str = ""
    is_overtaken: bool = False


def about(trial: Trial, *, today: date) -> About:
    """Empty for a trial that no editor has reached: the news is enough."""
    summary = trial.summary
    if summary is None:
        return About()
    later = trial.changes.filter(version__gt=summary.checked_version or 0)
    if not summary.overtaken_by(later):
        return About(in_our_words=summary.summary)
    return About(in_short=_by_rule(trial, today), is_overtaken=True)


def _by_rule(trial: Trial, today: date) -> str:
    """The last record of a trial that has left the registry would speak of it as if it were there."""
    return "" if trial.gone_at else " ".join(in_short.in_short(trial.record, today=today))
