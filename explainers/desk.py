"""What waits for an editor, the most readers affected first. Only asks; publishing.py acts.

Weight = followers x significance x age: a change that matters to many comes up at once, a small one comes up in time.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from explainers import living
from explainers.models import Explainer, PlainSummary, PlainSummaryQuerySet, ReaderReport
from trials.changes import Rank
from trials.models import Trial, TrialChange
from trials.models.trials import TrialQuerySet

SHOWN = 25


@dataclass(frozen=True)
class Asked:
    """The filters of the queue."""

    condition: str = ""
    status: str = ""
    mine: bool = False


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


def queue(asked: Asked, *, user_id: int, at: datetime) -> Queue:
    summaries = _asked_for(PlainSummary.objects.select_related("trial", "author", "pending_author"), asked, user_id)
    late = overtaken(summaries, at)
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
        missing=[] if asked.mine else missing(asked),
    )


def _asked_for(rows: PlainSummaryQuerySet, asked: Asked, user_id: int) -> PlainSummaryQuerySet:
    if asked.condition:
        rows = rows.filter(trial__conditions__slug=asked.condition)
    if asked.status:
        rows = rows.filter(trial__status=asked.status.upper().replace("-", "_"))
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
    weight = ExpressionWrapper(F("age") * (F("followers") + 1) * F("significance"), output_field=DurationField())
    return (
        rows.published()
        .filter(Exists(later))
        .annotate(
            since=Subquery(grouped.annotate(first=Min("detected_at")).values("first")),
            significance=Subquery(grouped.annotate(most=Max("rank")).values("most")),
            followers=followers("trial"),
        )
        .annotate(age=age)
        .annotate(weight=weight)
        .prefetch_related(Prefetch("trial__changes", TrialChange.objects.newest_first()))
        .order_by("-weight", "id")
    )


def followers(trial: str) -> Coalesce:
    """Live subscriptions to the trial. By the relation's name: this app does not know that one."""
    live = Trial.objects.filter(pk=OuterRef(trial), subscriptions__ended_at=None).order_by().values("pk")
    return Coalesce(Subquery(live.annotate(n=Count("subscriptions")).values("n")), 0)


def missing(asked: Asked) -> list[Trial]:
    """Trials without any text: the followed ones first, then the newest open ones."""
    rows = Trial.objects.listed().filter(plain_summary=None)
    if asked.condition:
        rows = rows.filter(conditions__slug=asked.condition)
    rows = rows.filter(status=asked.status.upper().replace("-", "_")) if asked.status else rows
    followed = list(_followed(rows)[:SHOWN])
    room = SHOWN - len(followed)
    others = rows if asked.status else rows.open_now()
    newest = others.newest().exclude(pk__in=[trial.pk for trial in followed])[:room]
    return [*followed, *newest]


def _followed(rows: TrialQuerySet) -> QuerySet[Trial]:
    live = Count("subscriptions", filter=Q(subscriptions__ended_at=None), distinct=True)
    found = rows.filter(subscriptions__isnull=False, subscriptions__ended_at=None)
    return found.annotate(followers=live).order_by("-followers", "-first_seen_at")

