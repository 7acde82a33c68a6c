"""An explainer's way from draft to page and back. Each function names who does it.

The working copy has a revision; review and publishing name the one that was read, so no text goes out unread.
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from explainers import checklist, marking, rendering
from explainers.content import RICH, Content, freeze
from explainers.models import Explainer, ExplainerCheck, ExplainerVersion, TrialMention
from explainers.models.people import signed
from explainers.publishing import updates
from explainers.publishing.errors import PublishingError
from trials.models import Trial

State = Explainer.State


@transaction.atomic
def saved(explainer: Explainer, *, by: User, at: datetime | None = None) -> Explainer:
    """To be called after each change of the working copy: cleans it, counts it, takes it out of review."""
    explainer = _locked(explainer)
    for name in RICH:
        setattr(explainer, name, rendering.clean(getattr(explainer, name)))
    explainer.cleaned_with = rendering.sanitiser()
    explainer.revision += 1
    explainer.edited_at = at or timezone.now()
    explainer.author = by
    explainer.submitted_revision = explainer.submitted_at = None
    if explainer.state == State.REVIEW:
        explainer.state = State.DRAFT
    explainer.save()
    return explainer


@transaction.atomic
def submit(explainer: Explainer, *, by: User, at: datetime | None = None) -> Explainer:
    explainer = _locked(explainer)
    if explainer.is_published and not explainer.has_unpublished_edits:
        raise PublishingError("There is nothing new to review.")
    explainer.submitted_revision, explainer.submitted_at = explainer.revision, at or timezone.now()
    if not explainer.is_published:
        explainer.state = State.REVIEW
    explainer.save(update_fields=["submitted_revision", "submitted_at", "state"])
    return explainer


@transaction.atomic
def send_back(explainer: Explainer, *, by: User) -> Explainer:
    explainer = _locked(explainer)
    if not explainer.waits_for_review:
        raise PublishingError("Only a text in review can be sent back.")
    explainer.submitted_revision = explainer.submitted_at = None
    if not explainer.is_published:
        explainer.state = State.DRAFT
    explainer.save(update_fields=["submitted_revision", "submitted_at", "state"])
    return explainer


@transaction.atomic
def publish(
    explainer: Explainer, *, by: User, revision: int | None = None, what_changed: str = "", at: datetime | None = None
) -> Explainer:
    """Freeze the working copy and put it on the page. `what_changed` is mailed to those who follow the text."""
    at = at or timezone.now()
    explainer = _locked(explainer)
    if revision is not None and revision != explainer.revision:
        raise PublishingError("The text has changed since you read it. Read it again before you publish it.")
    _refuse_unfit(explainer, by)
    content = freeze(explainer)
    if blockers := checklist.blockers(content):
        raise PublishingError(" ".join(blockers))
    explainer.live = _keep_version(explainer, content, by, at)
    explainer.state, explainer.submitted_revision, explainer.submitted_at = State.PUBLISHED, None, None
    explainer.first_published_at = explainer.first_published_at or at
    explainer.checked_at = at
    explainer.withdrawn_at, explainer.withdrawn_because = None, ""
    explainer.save()
    _note_mentions(explainer, content)
    updates.tell_of_version(explainer.live, what_changed)
    return explainer


def _refuse_unfit(explainer: Explainer, by: User) -> None:
    if settings.REVIEWER_REQUIRED:
        if explainer.submitted_revision != explainer.revision:
            raise PublishingError("Only a text in review can be published.")
        if explainer.author == by:
            raise PublishingError("Author and reviewer are two people: somebody else has to check your text.")


def _keep_version(explainer: Explainer, content: Content, by: User, at: datetime) -> ExplainerVersion:
    author = explainer.author or by
    reviewer = by if by != author else None
    return ExplainerVersion.objects.create(
        explainer=explainer,
        number=explainer.versions.count() + 1,
        revision=explainer.revision,
        content=content.as_json(),
        words="\n".join(content.texts),
        author=author,
        reviewer=reviewer,
        author_name=signed(author),
        reviewer_name=signed(reviewer),
        published_at=at,
    )


def _note_mentions(explainer: Explainer, content: Content) -> None:
    """Which trials the text names, and as of which version of their records it was read."""
    ids = marking.mentioned(content.texts)
    trials = {trial.nct_id: trial for trial in Trial.objects.filter(nct_id__in=ids)}
    explainer.mentions.exclude(nct_id__in=ids).delete()
    for nct_id in ids:
        trial = trials.get(nct_id)
        now = {"trial": trial, "checked_version": trial.version if trial else None}
        TrialMention.objects.update_or_create(explainer=explainer, nct_id=nct_id, defaults=now)


@transaction.atomic
def still_correct(explainer: Explainer, *, by: User, note: str = "", at: datetime | None = None) -> Explainer:
    """Read again, beside the trials it names, and found to hold."""
    at = at or timezone.now()
    explainer = _locked(explainer)
    if not explainer.is_published or explainer.live is None:
        raise PublishingError("Only a published text can be found still correct.")
    explainer.checked_at = at
    explainer.save(update_fields=["checked_at"])
    ExplainerCheck.objects.create(explainer=explainer, by=by, by_name=signed(by), checked_at=at, note=note)
    for mention in explainer.mentions.select_related("trial"):
        mention.trial = mention.trial or Trial.objects.filter(nct_id=mention.nct_id).first()
        mention.checked_version = mention.trial.version if mention.trial else None
        mention.save(update_fields=["trial", "checked_version"])
    return explainer


@transaction.atomic
def withdraw(explainer: Explainer, *, because: str, by: User, at: datetime | None = None) -> Explainer:
    at = at or timezone.now()
    explainer = _locked(explainer)
    if not explainer.is_published:
        raise PublishingError("Only a published text can be withdrawn.")
    if not because.strip():
        raise PublishingError("Say why the text is withdrawn.")
    explainer.state, explainer.withdrawn_because = State.WITHDRAWN, because.strip()
    explainer.withdrawn_at = at
    explainer.save(update_fields=["state", "withdrawn_because", "withdrawn_at"])
    updates.tell_of_withdrawal(explainer, because=because, at=at)
    explainer.mentions.all().delete()
    return explainer


def _locked(explainer: Explainer) -> Explainer:
    """The row as it is now, held until the transaction ends. Callers go on with what they get back."""
    return Explainer.objects.select_for_update(of=("self",)).select_related("live", "author").get(pk=explainer.pk)
