"""The mail that followers of a trial would get about its newest change, with words that nobody has published yet.

For editors, beside the text that they write. Nothing is stored and nothing is sent.
"""

from datetime import datetime

from subscriptions import items, letters
from subscriptions.models import Notification, Subscription
from trials.changes import Rank
from trials.models import Trial, TrialChange


def about(trial: Trial, *, at: datetime) -> letters.Body:
    """`trial` carries the words to show, as its page would."""
    change = trial.changes.newest_first().first() or _listed(trial, at)
    change.trial = trial
    reader = Subscription(trial=trial)
    news = Notification(change=change, subscription=reader, is_urgent=True)
    return letters.sample(items.told([news], today=at.date()))


def _listed(trial: Trial, at: datetime) -> TrialChange:
    """A trial that never changed: the mail that told of its arrival."""
    listed = TrialChange.LISTED
    return TrialChange(pk=-1, trial=trial, version=1, kind=listed, field=listed, rank=Rank.TELL_NOW, detected_at=at)
