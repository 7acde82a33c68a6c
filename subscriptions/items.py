"""What a mail tells: its notifications, grouped by trial, in words. Reads rows, sends nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from subscriptions.links import absolute
from subscriptions.models import Notification, Subscription
from trials import wording
from trials.changes import Change, Rank
from trials.models import Trial, TrialChange

MOST_ITEMS = 25
MOST_SENTENCES = 8

_FACETS = {
    "whether people can join": ("status", "veiled", "unveiled", "gone"),
    "who can join": ("eligibility", "minimum_age", "maximum_age", "sex", "healthy"),
    "where it runs": ("site",),
    "the treatments": ("intervention", "arm"),
    "what is measured": ("outcome",),
    "the planned dates": ("start", "primary_completion", "completion"),
}
_STOPPED = {"status_terminated", "status_withdrawn", "status_suspended", "status_closed", "gone"}
_WHO = {"eligibility", "minimum_age", "maximum_age", "sex", "healthy_volunteers"}


@dataclass(frozen=True)
class Item:
    """One trial in a mail."""

    nct_id: str
    title: str
    headline: str
    sentences: list[str]
    more: int
    url: str
    is_new: bool
    is_urgent: bool
    in_our_words: str
    unchanged: str
    next_step: str
    other_trials_url: str


@dataclass(frozen=True)
class Told:
    """All that one mail tells, past the items shown included."""

    items: list[Item]
    hidden: int
    keys: list[str]
    why: list[str]


def told(notifications: Sequence[Notification]) -> Told:
    """`notifications` come with their change, its trial and their subscription's topic."""
    groups: dict[int, list[Notification]] = {}
    for each in notifications:
        groups.setdefault(each.change.trial_id, []).append(each)
    ranked = sorted(groups.values(), key=_importance)
    subscriptions = {each.subscription_id: each.subscription for each in notifications}
    return Told(
        items=[_item(group) for group in ranked[:MOST_ITEMS]],
        hidden=max(0, len(ranked) - MOST_ITEMS),
        keys=sorted({key(each.change) for each in notifications}),
        why=[reason(each) for each in subscriptions.values()],
    )


def key(change: TrialChange) -> str:
    """By this an outside check counts lost and doubled alerts."""
    version = "new" if change.kind == TrialChange.LISTED else str(change.version)
    return f"{change.trial.nct_id}/{version}"


def reason(subscription: Subscription) -> str:
    if subscription.trial is not None:
        return f"You asked for updates about the trial {subscription.trial.nct_id}."
    return f"You asked for new and newly open trials for {subscription.topic}."


def net(changes: Iterable[TrialChange]) -> list[Change]:
    """One change for each field: where several updates moved it, from where it was to where it is."""
    merged: dict[str, Change] = {}
    for row in sorted(changes, key=lambda change: change.version):
        earlier, change = merged.get(row.field), row.change
        if earlier is not None and earlier.new == change.old:
            change = Change(change.field, change.kind, Rank(max(earlier.rank, change.rank)), earlier.old, change.new, change.subject)  # fmt: skip  # noqa: E501
        merged[row.field] = change
    return sorted(merged.values(), key=lambda change: -change.rank)


def _importance(group: list[Notification]) -> tuple[int, str]:
    return -max(each.change.rank for each in group), group[0].change.trial.nct_id


def _item(group: list[Notification]) -> Item:
    rows = {each.change_id: each.change for each in group}
    trial, changes = group[0].change.trial, net(rows.values())
    version = max(row.version for row in rows.values())
    kinds = {change.kind for change in changes}
    is_new = kinds == {TrialChange.LISTED}
    sentences = [wording.sentence(change) for change in changes]
    return Item(
        nct_id=trial.nct_id,
        title=trial.headline,
        headline=wording.headline(changes),
        sentences=sentences[:MOST_SENTENCES],
        more=max(0, len(sentences) - MOST_SENTENCES),
        url=_url(trial, version, len({row.version for row in rows.values()}), is_new=is_new),
        is_new=is_new,
        is_urgent=any(change.rank == Rank.TELL_NOW for change in changes),
        in_our_words=trial.summary.summary if trial.summary else "",
        unchanged="" if is_new else _unchanged(trial, {row.version for row in rows.values()}),
        next_step=_next_step(kinds),
        other_trials_url=_other_trials_url(trial) if kinds & _STOPPED else "",
    )


def _url(trial: Trial, version: int, versions: int, *, is_new: bool) -> str:
    if is_new:
        return absolute(trial.get_absolute_url())
    if versions > 1:
        return absolute(reverse("trials:changes", args=[trial.nct_id]))
    return absolute(reverse("trials:update", args=[trial.nct_id, version]))


def _unchanged(trial: Trial, versions: set[int]) -> str:
    """The facts that readers ask about first and that these updates left alone."""
    kinds = set(TrialChange.objects.filter(trial=trial, version__in=versions).values_list("kind", flat=True))
    same = [facet for facet, starts in _FACETS.items() if not any(kind.startswith(starts) for kind in kinds)]
    if not same:
        return ""
    return f"This did not change: {', '.join(same[:-1])}{' and ' if same[1:] else ''}{same[-1]}."


def _other_trials_url(trial: Trial) -> str:
    condition = trial.subscription_condition
    if condition is None:
        return ""
    return absolute(f"{reverse('trials:list')}?condition={condition.slug}&status=open")


def _next_step(kinds: set[str]) -> str:
    if kinds & _STOPPED:
        return "If you take part, ask the study team what this means for you. Do not stop a treatment on your own."
    if kinds & _WHO:
        return "Read on the page who can join now. Then ask your doctor whether that includes you."
    if "status_opened" in kinds or TrialChange.LISTED in kinds:
        return "If it may suit you, take the page to your doctor. It lists whom to call and what to ask."
    if "results_posted" in kinds:
        return "Ask your doctor what the results may mean for you."
    return "There is nothing you must do. If you have questions, take them to your doctor."
