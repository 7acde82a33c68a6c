"""What waits for an editor, the most readers affected first. Only asks; publishing.py acts.

Weight = readers x significance x age: a change that matters to many comes up at once, a small one comes up in time.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import (
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from explainers import living
from explainers.models import Explainer, PlainSummary, PlainSummaryQuerySet, ReaderReport
from trials.changes import Rank
from trials.models import Trial, TrialChange

SHOWN = 25
MOST = 1000


@dataclass(frozen=True)
class Asked:
    """The filters of the queue."""

    condition: str = ""
    status: str = ""
    mine: bool = False
    page: int = 1
    """Of the trials without a text."""

    @property
    def status_value(self) -> str:
        return self.status.upper().replace("-", "_")


@dataclass
class Queue:
    review: list[PlainSummary] = field(default_factory=list)
    explainers_in_review: list[Explainer] = field(default_factory=list)
    overtaken: list[PlainSummary] = field(default_factory=list)
    overtaken_count: int = 0
    explainers: list[Explainer] = field(default_factory=list)
    reports: list[ReaderReport] = field(default_factory=list)
    drafts: list[PlainSummary] = field(default_factory=list)
    missing: list[Trial] = field(default_factory=list)
    has_more_missing: bool = False

    @property
    def in_review_count(self) -> int:
        return len(self.review) + len(self.explainers_in_review)


def queue(asked: Asked, *, user_id: int, at: datetime) -> Queue:
    summaries = _asked_for(PlainSummary.objects.select_related("trial", "author", "pending_author"), asked, user_id)
    late = overtaken(summaries, at)
    without, more = ([], False) if asked.mine else missing(asked)
    waiting = summaries.in_review().order_by("submitted_at")
    drafts = summaries.filter(Q(state="draft", author=user_id) | Q(pending_state="draft", pending_author=user_id))
    return Queue(
        review=list(waiting[:SHOWN]),
        explainers_in_review=list(Explainer.objects.exclude(submitted_revision=None).order_by("submitted_at")[:SHOWN]),
        overtaken=list(late[:SHOWN]),
        overtaken_count=late.count(),
        explainers=list(living.flagged(at.date())[:SHOWN]),
        reports=list(ReaderReport.objects.exclude(state=ReaderReport.State.DONE).order_by("received_at")[:SHOWN]),
        drafts=list(drafts.order_by("-edited_at")[:SHOWN]),
        missing=without,
        has_more_missing=more,
    )


def _asked_for(rows: PlainSummaryQuerySet, asked: Asked, user_id: int) -> PlainSummaryQuerySet:
    if asked.condition:
        rows = rows.filter(trial__conditions__slug=asked.condition)
    if asked.status:
        rows = rows.filter(trial__status=asked.status_value)
    if asked.mine:
        rows = rows.filter(Q(author=user_id) | Q(pending_author=user_id))
    return rows


def overtaken(rows: PlainSummaryQuerySet, at: datetime) -> PlainSummaryQuerySet:
    """Published texts whose record has since changed in a way that could matter, with those changes at hand."""
    later = TrialChange.objects.filter(
        trial=OuterRef("trial"), version__gt=OuterRef("checked_version"), rank__gte=Rank.DIGEST
    ).order_by()
    grouped = later.values("trial")
    age = ExpressionWrapper(Value(at) - F("since") + Value(timedelta(days=1)), output_field=DurationField())
    weight = ExpressionWrapper(F("age") * (F("readers") + 1) * F("significance"), output_field=DurationField())
    return (
        rows.published()
        .filter(Exists(later))
        .annotate(
            since=Subquery(grouped.annotate(first=Min("detected_at")).values("first")),
            significance=Subquery(grouped.annotate(most=Max("rank")).values("most")),
            readers=Coalesce(F("trial__audience__readers"), 0),
        )
        .annotate(age=age)
        .annotate(weight=weight)
        .prefetch_related(Prefetch("trial__changes", TrialChange.objects.newest_first()))
        .order_by("-weight", "id")
    )


def missing(asked: Asked) -> tuple[list[Trial], bool]:
    """A page of the trials without any text, and whether there is another: those of most readers first, then the newest
    open ones. Ends after a thousand: whoever has written those looks again."""
    rows = Trial.objects.listed().filter(plain_summary=None, moved_to=None)
    if asked.condition:
        rows = rows.filter(conditions__slug=asked.condition)
    rows = rows.filter(status=asked.status_value) if asked.status else rows
    start = SHOWN * (asked.page - 1)
    ranked = rows.filter(audience__readers__gt=0).order_by("-audience__readers", "-audience")
    read = list(ranked.values_list("pk", flat=True)[:MOST])
    wanted = read[start : start + SHOWN + 1]
    if len(wanted) <= SHOWN and len(read) < MOST:
        others = (rows if asked.status else rows.open_now()).filter(audience=None).newest()
        after = max(0, start - len(read))
        wanted += others.values_list("pk", flat=True)[after : after + SHOWN + 1 - len(wanted)]
    found = Trial.objects.select_related("audience").in_bulk(wanted[:SHOWN])
    return [found[pk] for pk in wanted[:SHOWN]], len(wanted) > SHOWN and start + SHOWN < MOST
