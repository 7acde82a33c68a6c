"""The one thing that an editor, or a reviewer, should do next: the first line of the queue."""

from typing import NamedTuple

from explainers.desk import Queue
from explainers.models import PlainSummary


class NextStep(NamedTuple):
    say: str
    about: str
    because: str
    nct_id: str


def next_step(queue: Queue, *, user_id: int, may_write: bool, may_review: bool) -> NextStep | None:
    """A colleague who waits comes first, then readers of a text that the record has overtaken, then one's own draft."""
    if may_review and (waiting := [row for row in queue.review if row.working_author_id != user_id]):
        return _about(waiting[0], "Check", "A colleague wrote it and waits for a second person.")
    if queue.overtaken:
        return _about(queue.overtaken[0], "Look again at", "The record changed after the text was checked.")
    if may_write and queue.drafts:
        return _about(queue.drafts[0], "Go on with", "It is your newest draft.")
    if may_write and queue.missing:
        trial = queue.missing[0]
        return NextStep("Write about", trial.brief_title, "No editor has written about this trial yet.", trial.nct_id)
    return None


def _about(row: PlainSummary, say: str, because: str) -> NextStep:
    return NextStep(say, row.working_text.title or row.trial.nct_id, because, row.trial.nct_id)
