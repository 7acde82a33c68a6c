"""A plain summary's way from draft to page and back. Each function names who does it.

    draft -> review -> published -> withdrawn
      ^________|           |            |
      |____________________|____________|      a published text stays on its page while its next one is written
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from explainers.gauge import Gauge, measure
from explainers.models import Autosave, PlainSummary, SummaryCheck, SummaryText, SummaryVersion
from explainers.models.people import signed
from explainers.publishing.errors import PublishingError
from trials import search_index
from trials.models import Trial, TrialDocument

State = PlainSummary.State


class EditConflict(PublishingError):
    """Somebody else saved the same text in between. Nothing of either text is lost."""

    def __init__(self, current: PlainSummary, mine: SummaryText) -> None:
        super().__init__("Somebody else saved this text while you were writing. Compare both texts and save again.")
        self.current = current
        self.mine = mine


def start(trial: Trial, *, by: User, at: datetime | None = None, is_sample: bool = False) -> PlainSummary:
    """The trial's summary; an empty draft of `by` if there was none."""
    at = at or timezone.now()
    new = {"author": by, "created_at": at, "edited_at": at, "is_sample": is_sample}
    summary, _created = PlainSummary.objects.get_or_create(trial=trial, defaults=new)
    return summary


@transaction.atomic
def save_draft(
    summary: PlainSummary, text: SummaryText, *, by: User, revision: int | None = None, over: bool = False,
    at: datetime | None = None,
) -> PlainSummary:  # fmt: skip
    """Store `text` as the newest. A published text stays on the page; a text in review goes back to its author.

    `revision` is the one that `by` began from: if another save came between, EditConflict is raised. With `over`, `by`
    has seen the other text and goes over it: it is kept aside for its writer.
    """
    summary = _locked(summary)
    if revision is not None and revision != summary.revision and text != summary.working_text:
        raise EditConflict(summary, text)
    Autosave.objects.filter(trial=summary.trial, user=by).delete()
    if text == summary.working_text:
        return summary
    if over:
        writer = summary.pending_author or summary.author or by
        autosave(summary.trial, summary.working_text, revision=summary.revision, by=writer, at=at)
    _put_working(summary, text, by)
    summary.edited_at = at or timezone.now()
    summary.revision += 1
    summary.save(update_fields=[*SummaryText.names(), *_WORKING, "edited_at", "revision"])
    return summary


_WORKING = ["state", "author", "submitted_at", "pending", "pending_state", "pending_author"]


def _put_working(summary: PlainSummary, text: SummaryText, by: User) -> None:
    if summary.state == State.PUBLISHED:
        summary.pending, summary.pending_state, summary.pending_author = text.as_dict(), State.DRAFT, by
    else:
        for name, value in text.as_dict().items():
            setattr(summary, name, value)
        summary.state, summary.author = State.DRAFT, by
    summary.submitted_at = None


@transaction.atomic
def submit(summary: PlainSummary, *, by: User, at: datetime | None = None) -> PlainSummary:
    """Ask for the second pair of eyes."""
    summary = _locked(summary)
    if summary.working_state not in (State.DRAFT, State.WITHDRAWN) or summary.working_text.is_empty:
        raise PublishingError("Only a draft with a text can go into review.")
    _set_working_state(summary, State.REVIEW)
    summary.submitted_at = at or timezone.now()
    summary.save(update_fields=["state", "pending_state", "submitted_at"])
    return summary


@transaction.atomic
def send_back(summary: PlainSummary, *, by: User) -> PlainSummary:
    summary = _locked(summary)
    if summary.working_state != State.REVIEW:
        raise PublishingError("Only a text in review can be sent back.")
    _set_working_state(summary, State.DRAFT)
    summary.submitted_at = None
    summary.save(update_fields=["state", "pending_state", "submitted_at"])
    return summary


def _set_working_state(summary: PlainSummary, state: str) -> None:
    if summary.pending is not None:
        summary.pending_state = state
    else:
        summary.state = state


@transaction.atomic
def publish(
    summary: PlainSummary, *, by: User, revision: int | None = None, at: datetime | None = None
) -> PlainSummary:
    """Approve the text in review and put it on the page, checked against the record as it is now.

    `revision` is the text that `by` read: another one is not published unread.
    """
    at = at or timezone.now()
    summary = _locked(summary)
    if revision is not None and revision != summary.revision:
        raise EditConflict(summary, summary.working_text)
    _refuse_unfit(summary, by)
    _go_live(summary, by, at)
    _keep_version(summary, at)
    search_index.refresh([summary.trial_id])
    return summary


def _refuse_unfit(summary: PlainSummary, by: User) -> None:
    allowed = [State.REVIEW] if settings.REVIEWER_REQUIRED else [State.REVIEW, State.DRAFT, State.WITHDRAWN]
    if summary.working_state not in allowed:
        raise PublishingError("Only a text in review can be published.")
    if settings.REVIEWER_REQUIRED and summary.working_author_id == by.pk:
        raise PublishingError("Author and reviewer are two people: somebody else has to check your text.")
    if blockers := measured(summary).blockers:
        raise PublishingError(" ".join(finding.text for finding in blockers))


def measured(summary: PlainSummary) -> Gauge:
    """The newest text beside the record as it is now."""
    document = TrialDocument.objects.filter(trial=summary.trial).first()
    return measure(summary.working_text, document.record if document else None)


def _go_live(summary: PlainSummary, by: User, at: datetime) -> None:
    author = summary.pending_author if summary.pending is not None else summary.author
    reviewer = None if author == by else by
    for name, value in summary.working_text.as_dict().items():
        setattr(summary, name, value)
    summary.author, summary.author_name = author, signed(author)
    summary.reviewer, summary.reviewer_name = reviewer, signed(reviewer)
    summary.pending, summary.pending_state, summary.pending_author = None, "", None
    summary.state, summary.submitted_at = State.PUBLISHED, None
    summary.published_at = summary.checked_at = at
    summary.first_published_at = summary.first_published_at or at
    summary.checked_version = summary.trial.version
    summary.withdrawn_at, summary.withdrawn_because = None, ""
    summary.revision += 1
    summary.save()


def _keep_version(summary: PlainSummary, at: datetime) -> None:
    if summary.author is None or summary.checked_version is None:
        raise ValueError("A published summary has an author and the record's version it was checked against.")
    SummaryVersion.objects.create(
        plain_summary=summary,
        number=summary.versions.count() + 1,
        author=summary.author,
        reviewer=summary.reviewer,
        author_name=summary.author_name,
        reviewer_name=summary.reviewer_name,
        published_at=at,
        checked_version=summary.checked_version,
        **SummaryText.of(summary).as_dict(),
    )


@transaction.atomic
def withdraw(summary: PlainSummary, *, because: str, by: User, at: datetime | None = None) -> PlainSummary:
    """Take the text off the page. The newest text stays as what the next draft begins from."""
    summary = _locked(summary)
    if summary.state != State.PUBLISHED:
        raise PublishingError("Only a published text can be withdrawn.")
    if not because.strip():
        raise PublishingError("Say why the text is withdrawn.")
    for name, value in summary.working_text.as_dict().items():
        setattr(summary, name, value)
    summary.author = summary.pending_author or summary.author
    summary.reviewer, summary.reviewer_name = None, ""
    summary.pending, summary.pending_state, summary.pending_author = None, "", None
    summary.state, summary.withdrawn_because = State.WITHDRAWN, because.strip()
    summary.withdrawn_at = at or timezone.now()
    summary.save()
    search_index.refresh([summary.trial_id])
    return summary


@transaction.atomic
def still_correct(
    summary: PlainSummary, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> PlainSummary:
    """The record changed and the text holds. `version` is the trial's version that `by` looked at."""
    summary = _locked(summary)
    if summary.state != State.PUBLISHED:
        raise PublishingError("Only a published text can be found still correct.")
    summary.checked_at = at or timezone.now()
    summary.checked_version = max(summary.checked_version or 1, version or summary.trial.version)
    summary.save(update_fields=["checked_at", "checked_version"])
    SummaryCheck.objects.create(
        plain_summary=summary,
        by=by,
        by_name=signed(by),
        checked_at=summary.checked_at,
        checked_version=summary.checked_version,
        note=note,
    )
    return summary


def autosave(trial: Trial, text: SummaryText, *, revision: int, by: User, at: datetime | None = None) -> None:
    """What `by` typed and has not saved. Nobody else sees it; the next save of `by` takes it away."""
    now = {"text": text.as_dict(), "revision": revision, "saved_at": at or timezone.now()}
    Autosave.objects.update_or_create(user=by, trial=trial, defaults=now)


def no_rewrite_needed(summaries: Iterable[PlainSummary], *, by: User) -> int:
    """The bulk form of `still_correct`."""
    return len([still_correct(summary, by=by, note="No rewrite needed") for summary in summaries])


def _locked(summary: PlainSummary) -> PlainSummary:
    """The row as it is now, held until the transaction ends. Callers go on with what they get back."""
    return PlainSummary.objects.select_for_update(of=("self",)).select_related("trial").get(pk=summary.pk)
