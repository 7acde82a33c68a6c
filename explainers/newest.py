"""A trial's newest words, published or not, as readers would meet them: for editors only. Writes nothing."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from explainers.models import Autosave, PlainSummary, SummaryText
from explainers.models.people import signed
from trials.in_short import in_short
from trials.models import Trial


def words(trial: Trial, user: User, *, typed: bool) -> SummaryText:
    """With `typed`, what `user` has typed and not saved, if anything; else the newest that was saved."""
    kept = Autosave.objects.filter(trial=trial, user=user).first() if typed else None
    if kept is not None:
        return SummaryText(**kept.text)
    summary: PlainSummary | None = getattr(trial, "plain_summary", None)
    return summary.working_text if summary else starter(trial)


def starter(trial: Trial) -> SummaryText:
    """Facts by rule to begin from: never a sentence about benefit."""
    record = trial.record
    drugs = [part.name for part in record.interventions if part.type in ("DRUG", "BIOLOGICAL", "GENETIC")]
    sentences = in_short(record, today=timezone.now().date())
    return SummaryText(summary=" ".join(sentences), active_substance=", ".join(drugs)[:300])


def as_if_published(trial: Trial, text: SummaryText, *, by: User, at: datetime) -> Trial:
    """The trial with `text` on it. Nobody has checked it: no reviewer is named."""
    stored: PlainSummary | None = getattr(trial, "plain_summary", None)
    author = (stored.pending_author or stored.author if stored else None) or by
    is_same = stored is not None and stored.is_published and text == SummaryText.of(stored)
    trial.plain_summary = PlainSummary(
        trial=trial, state=PlainSummary.State.PUBLISHED, author=author, author_name=signed(author),
        reviewer_name=stored.reviewer_name if stored and is_same else "", published_at=at, checked_at=at,
        checked_version=trial.version, is_sample=bool(stored and stored.is_sample),
        **text.as_dict() | {"title": text.title or trial.brief_title},
    )  # fmt: skip
    return trial
