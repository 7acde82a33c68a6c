"""One trial in a mail: what its changes come to, in words. Reads rows, sends nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from subscriptions import topics
from subscriptions.closing import NEVER_RAN, OVER
from subscriptions.links import absolute
from subscriptions.models import Notification, Subscription
from subscriptions.models.topics import ROUNDING_KM
from trials import wording
from trials.changes import Change, Rank
from trials.models import Trial, TrialChange
from trials.places import haversine_km
from trials.rule_quotes import quoted_rule
from trials.vocabulary import status_words

NEAR = "&near=place.invalid"
"""Where the reader's own place goes, or nothing: many readers get the same words."""
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
_OPENINGS = {"status_opened", "site_opened", "site_added", TrialChange.LISTED}
_WHO = {"eligibility", "minimum_age", "maximum_age", "sex", "healthy_volunteers"}


@dataclass(frozen=True)
class Item:
    """One trial, or one of our texts, in a mail. A text has no NCT ID."""

    nct_id: str
    title: str
    headline: str
    sentences: list[str]
    more: int
    url: str
    is_urgent: bool
    next_step: str
    is_new: bool = False
    unchanged: str = ""
    ending: str = ""
    other_trials: str = ""
    other_trials_url: str = ""

    @property
    def path(self) -> str:
        """The same page, for a page of the site itself."""
        return self.url.removeprefix(absolute(""))


def net(changes: Iterable[TrialChange]) -> list[Change]:
    """One change for each field: where several updates moved it, from where it was to where it is."""
    merged: dict[str, Change] = {}
    for row in sorted(changes, key=lambda change: change.version):
        earlier, change = merged.get(row.field), row.change
        if earlier is not None and earlier.new == change.old:
            change = Change(change.field, change.kind, Rank(max(earlier.rank, change.rank)), earlier.old, change.new, change.subject)  # fmt: skip  # noqa: E501
        merged[row.field] = change
    stops = any(change.kind in _STOPPED for change in merged.values())
    return sorted(merged.values(), key=lambda change: _weight(change, stops=stops))


def _weight(change: Change, *, stops: bool) -> tuple[bool, bool, int]:
    """That it stopped comes first, why it did second, whatever else there is to say."""
    return stops and change.kind not in _STOPPED, stops and change.kind != "why_stopped", -change.rank


def kinds_of(groups: Sequence[Sequence[Notification]]) -> dict[tuple[int, int], set[str]]:
    """By trial and version: all that an update moved, whatever its rank."""
    updates = {(change.trial_id, change.version) for group in groups for change in changes_of(group)}
    rows = TrialChange.objects.filter(
        trial__in={trial for trial, _ in updates}, version__in={version for _, version in updates}
    )
    found: dict[tuple[int, int], set[str]] = {update: set() for update in updates}
    for trial, version, kind in rows.values_list("trial", "version", "kind"):
        if (trial, version) in found:
            found[trial, version].add(kind)
    return found


def changes_of(group: Iterable[Notification]) -> list[TrialChange]:
    return [each.change for each in group if each.change is not None]


def trial_item(group: Sequence[Notification], all_kinds: dict[tuple[int, int], set[str]]) -> Item:
    rows = {change.pk: change for change in changes_of(group)}
    first, *_ = rows.values()
    trial, changes = first.trial, net(rows.values())
    version = max(row.version for row in rows.values())
    kinds = {change.kind for change in changes}
    is_new = kinds == {TrialChange.LISTED}
    moved = {kind for row in rows.values() for kind in all_kinds[trial.pk, row.version]}
    first_sight = [f"This trial {status_words(trial.status).clause}."] if is_new else []
    sentences = list(dict.fromkeys([*_at_followed_sites(group), *map(_sentence, changes), *first_sight]))
    return Item(
        nct_id=trial.nct_id,
        title=trial.headline,
        headline=wording.headline(changes),
        sentences=sentences[:MOST_SENTENCES],
        more=max(0, len(sentences) - MOST_SENTENCES),
        url=_url(trial, version, len({row.version for row in rows.values()}), is_new=is_new),
        is_new=is_new,
        is_urgent=any(change.rank == Rank.TELL_NOW for change in changes),
        unchanged="" if is_new else _unchanged(moved),
        ending=_ending(trial, group),
        next_step=_next_step(kinds, trial),
        other_trials=_other_trials(trial) if _is_stop(changes) else "",
        other_trials_url=_other_trials_url(trial) if _is_stop(changes) else "",
    )


def _sentence(change: Change) -> str:
    """A mail has no old and new beside it, as the page has: a rule that changed stands in it."""
    return f"{wording.sentence(change)} {quoted_rule(change)}".rstrip()


def _is_stop(changes: Sequence[Change]) -> bool:
    return any(change.kind in _STOPPED or (change.field == "status" and change.new in OVER) for change in changes)


def _at_followed_sites(group: Sequence[Notification]) -> list[str]:
    """A change that stands for many sites names none: here those that the reader follows, or that are near."""
    found = []
    for each in group:
        change, followed = each.change, each.subscription
        if change and change.field.endswith("/more") and (followed.site_key or followed.has_place):
            found += [wording.sentence(one) for one in _each_site(change) if is_about(followed, one)]
    return found[:MOST_SENTENCES]


def _each_site(change: TrialChange) -> list[Change]:
    """The single changes that a row holds which stands for many."""
    length = max(len(change.old or []), len(change.new or []))
    old, new = change.old or [None] * length, change.new or [None] * length
    return [
        Change("site", change.kind, Rank(change.rank), a, b, _site_name(b or a)) for a, b in zip(old, new, strict=True)
    ]


def _site_name(facts: dict[str, Any]) -> str:
    return ", ".join(part for part in (facts["facility"], facts["city"]) if part)


def is_about(subscription: Subscription, change: Change) -> bool:
    """Whether a single site's change is about the site or the place that is followed."""
    facts = change.new or change.old
    if subscription.site_key:
        return topics.site_key(facts["facility"], facts["city"], facts["country"]) == subscription.site_key
    if facts["latitude"] is None or subscription.place_latitude is None or subscription.place_longitude is None:
        return False
    here = (subscription.place_latitude, subscription.place_longitude)
    km = haversine_km(here, (facts["latitude"], facts["longitude"]))
    return km <= (subscription.radius_km or 0) + ROUNDING_KM


def _ending(trial: Trial, group: Sequence[Notification]) -> str:
    """What becomes of the mails about a trial that is over, for those who follow it."""
    if not any(each.subscription.trial_id for each in group) or trial.status not in OVER:
        return ""
    ends = any(change.field == "status" and change.new in OVER for change in changes_of(group))
    results = any(change.kind == "results_posted" for change in changes_of(group))
    if (ends and (trial.has_results or trial.status == NEVER_RAN)) or results:
        return "This trial is over. Our mails about it end with this one."
    return "This trial is over. We write again if results are posted within a year. Then our mails end." if ends else ""


def _other_trials(trial: Trial) -> str:
    condition = trial.subscription_condition
    return f"Open trials for {condition.name}" if condition else ""


def _url(trial: Trial, version: int, versions: int, *, is_new: bool) -> str:
    if is_new:
        return absolute(trial.get_absolute_url())
    if versions > 1:
        return absolute(reverse("trials:changes", args=[trial.nct_id]))
    return absolute(reverse("trials:update", args=[trial.nct_id, version]))


def _unchanged(kinds: set[str]) -> str:
    """The facts that readers ask about first and that these updates left alone."""
    same = [facet for facet, starts in _FACETS.items() if not any(kind.startswith(starts) for kind in kinds)]
    if not same:
        return ""
    return f"This did not change: {', '.join(same[:-1])}{' and ' if same[1:] else ''}{same[-1]}."


def _other_trials_url(trial: Trial) -> str:
    condition = trial.subscription_condition
    if condition is None:
        return ""
    return absolute(f"{reverse('trials:list')}?condition={condition.slug}{NEAR}")


def _next_step(kinds: set[str], trial: Trial) -> str:
    if kinds & _STOPPED:
        return "If you take part, ask the study team what this means for you. Do not stop a treatment on your own."
    if kinds & _WHO:
        return "Read on the page who can join now. Then ask your doctor whether that includes you."
    if kinds & _OPENINGS and not status_words(trial.status).has_ended:  # some are listed when they are over
        return "If it may suit you, take the page to your doctor. It lists whom to call and what to ask."
    if "results_posted" in kinds:
        return "Ask your doctor what the results may mean for you."
    return "There is nothing you must do. If you have questions, take them to your doctor."
