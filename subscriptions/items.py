"""What a mail tells: its notifications, grouped by trial or text, in words. Reads rows, sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from explainers.models import ExplainerUpdate
from subscriptions import topics
from subscriptions.about_trial import About, about
from subscriptions.links import absolute
from subscriptions.models import Notification, Subscription
from subscriptions.models.people import Scope
from subscriptions.trial_items import NEAR, Item, changes_of, kinds_of, trial_item
from trials.changes import Rank
from trials.models import TrialChange

__all__ = ["NEAR", "Item", "Told", "key", "told"]

MOST_ITEMS = 25
MOST_NOTES = 6


@dataclass(frozen=True)
class Told:
    """All that one mail tells, past the items shown included."""

    items: list[Item]
    hidden: int
    keys: list[str]
    text_keys: list[str]
    why: list[str]
    in_short: str
    about: About


def told(notifications: Sequence[Notification], *, most: int = MOST_ITEMS, today: date | None = None) -> Told:
    """`notifications` come with their change and its trial, or their text, and their subscription's topic.

    With `today`, and of a single trial, also what the trial is about.
    """
    groups: dict[tuple[str, int], list[Notification]] = {}
    for each in notifications:
        groups.setdefault(_subject(each), []).append(each)
    ranked = sorted(groups.values(), key=_importance)
    trials = [changes for group in ranked if (changes := changes_of(group))]
    subscriptions = {each.subscription_id: each.subscription for each in notifications}
    kinds = kinds_of(ranked[:most])
    return Told(
        items=[_item(group, kinds) for group in ranked[:most]],
        hidden=max(0, len(ranked) - most),
        keys=sorted({key(each) for each in notifications if each.change_id}),
        text_keys=sorted({key(each) for each in notifications if not each.change_id}),
        why=list(dict.fromkeys(reason(each) for each in subscriptions.values())),
        in_short=in_short([{change.kind for change in changes} for changes in trials]),
        about=about(trials[0][0].trial, today=today) if today and trials and len(ranked) == 1 else About(),
    )


def _subject(each: Notification) -> tuple[str, int]:
    if each.change is not None:
        return "trial", each.change.trial_id
    assert each.explainer_update is not None
    return "text", each.explainer_update.explainer_id


def key(each: Notification) -> str:
    """By this an outside check counts lost and doubled alerts."""
    if each.explainer_update is not None:
        return each.explainer_update.key
    change = each.change
    assert change is not None
    version = "new" if change.kind == TrialChange.LISTED else str(change.version)
    return f"{change.trial.nct_id}/{version}"


def reason(subscription: Subscription) -> str:
    topic = subscription.topic
    if subscription.trial is not None:
        now = subscription.trial.moved_to
        merged = f" The registry has made it part of {now.nct_id}." if now else ""
        return f"You asked for updates about the trial {subscription.trial.nct_id}.{merged}"
    if subscription.explainer is not None:
        return f"You asked for corrections and new versions of {topic}."
    if subscription.scope == Scope.BRIEF:
        return f"You asked for a weekly brief of all trials for {topic}."
    if subscription.site_key:
        return f"You asked for news about trials at {topic}."
    if subscription.treatment_key:
        return f"You asked for new and newly open trials of {topic}."
    if subscription.search:
        return f"You asked for new and newly open trials that fit {topic}."
    return f"You asked for new and newly open trials for {topic}."


_COUNTED = (
    ({TrialChange.LISTED}, "newly listed"),
    ({"status_opened"}, "opened"),
    ({"status_closed", "status_terminated", "status_withdrawn", "status_suspended", TrialChange.GONE}, "closed"),
    ({"eligibility", "minimum_age", "maximum_age", "sex", "healthy_volunteers"}, "changed who can join"),
    ({"results_posted"}, "posted results"),
    ({"site_opened", "site_added"}, "opened or added a site"),
)


def in_short(kinds: Sequence[set[str]]) -> str:
    """`3 trials opened, 1 closed and 2 changed who can join.` Empty for a single trial."""
    if len(kinds) < 2:
        return ""
    counted = [(sum(bool(each & wanted) for each in kinds), words) for wanted, words in _COUNTED]
    parts = [f"{count} {words}" for count, words in counted if count]
    others = sum(not any(each & wanted for wanted, _ in _COUNTED) for each in kinds)
    parts += [f"{others} changed in other ways"] if others else []
    lead, *rest = parts
    number, _, words = lead.partition(" ")
    parts = [f"{number} {'trial was' if number == '1' else 'trials were'} {words}" if words.startswith("newly")
             else f"{number} {'trial' if number == '1' else 'trials'} {words}", *rest]  # fmt: skip
    return f"{', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}."


def _importance(group: list[Notification]) -> tuple[int, str]:
    if changes := changes_of(group):
        return -max(change.rank for change in changes), changes[0].trial.nct_id
    return -Rank.TELL_NOW, key(group[0])


def _item(group: list[Notification], kinds: dict[tuple[int, int], set[str]]) -> Item:
    if group[0].change_id:
        return trial_item(group, kinds)
    updates = {each.explainer_update_id: each.explainer_update for each in group if each.explainer_update}
    return _text_item(sorted(updates.values(), key=lambda update: (update.published_at, update.pk)))


_TEXT_HEADLINES = {
    ExplainerUpdate.Kind.VERSION: "There is a new version of a text you follow",
    ExplainerUpdate.Kind.CORRECTION: "We corrected a text you follow",
    ExplainerUpdate.Kind.WITHDRAWN: "We have withdrawn a text you follow",
}


def _text_item(updates: Sequence[ExplainerUpdate]) -> Item:
    """The last of several updates gives the headline; each says what changed."""
    last, notes = updates[-1], [line for update in updates for line in update.note.splitlines()]
    is_gone = last.kind == ExplainerUpdate.Kind.WITHDRAWN
    return Item(
        nct_id="",
        title=topics.text_title(last.explainer),
        headline=_TEXT_HEADLINES[ExplainerUpdate.Kind(last.kind)],
        sentences=notes[-MOST_NOTES:],
        more=max(0, len(notes) - MOST_NOTES),
        url=absolute(last.explainer.get_absolute_url()),
        is_urgent=True,
        next_step="Do not rely on what it said." if is_gone else "Read it again if you rely on what it says.",
    )
