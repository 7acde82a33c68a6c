"""All that the trial page shows, gathered in one place: the view asks the database, this makes the context."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from trials import eligibility, enrollment, in_short, participants, vocabulary
from trials.age_words import age_range_label
from trials.eligibility import Criterion
from trials.models import Trial, TrialChange
from trials.pages import asking, how_many, reading, site_list, site_map, sites, standing, story, structured
from trials.records import TrialRecord

SHOWN_UPDATES = 5
GLANCE = 700
"""Characters of rules that a phone shows without making the reader scroll past screens of them."""
NOT_SAID = "The record does not say"
_HEALTHY: dict[bool | None, str] = {True: "Can join", False: "Cannot join"}


class Update(NamedTuple):
    """The changes that came together, the weightiest first."""

    version: int
    when: datetime
    changes: list[TrialChange]


def context(
    trial: Trial,
    conditions: Sequence[Mapping[str, str]],
    changes: Sequence[TrialChange],
    polled_at: datetime | None,
    today: date,
) -> dict[str, Any]:
    record = trial.record
    first, rest, more_sites = sites.split(record, reading.pages(trial, "site"))
    updates = grouped(changes)
    return {
        "trial": trial,
        "record": record,
        "summary": trial.summary,
        "polled_at": polled_at,
        "truth": standing.truth(record, today),
        "banners": standing.banners(record, today),
        "where": story.where_label(record),
        "status_words": vocabulary.status_words(record.status),
        "ladder": standing.ladder(record.phases),
        "no_ladder": standing.no_ladder(record),
        "conditions": conditions,
        "follow": trial.subscription_condition,
        "in_short": () if trial.summary else in_short.what_it_is(record, today=today),
        "overtaken": overtaken(trial, changes),
        "joining": joining(record),
        "story": story.story(record, reading.pages(trial, "treatment")),
        "timeline": story.timeline(record, today, earlier_dates(changes)),
        "facts": facts(record),
        "people": sites.people(record),
        "can_reveal": sites.has_contacts(record),
        "first_sites": first,
        "more_sites": rest,
        "more_site_count": more_sites,
        "site_countries": site_list.by_country(record) if more_sites and not rest else [],
        "how_many": how_many.in_context(record, enrollment.figures()),
        "site_map": site_map.site_map(record),
        "site_count": len(record.sites),
        "calling": sites.CALLING.get(record.status, ""),
        "to_ask": asking.to_ask(record),
        "updates": updates[:SHOWN_UPDATES],
        "has_more_updates": len(updates) > SHOWN_UPDATES,
        "documents": documents(record),
        "json_ld": structured.trial(trial),
    }


def grouped(changes: Sequence[TrialChange]) -> list[Update]:
    """Changes, newest first, by update. A trial's arrival is no update."""
    updates = []
    for version, members in groupby((c for c in changes if c.version > 1), key=lambda c: c.version):
        together = list(members)
        updates.append(Update(version, together[0].detected_at, together))
    return updates


def overtaken(trial: Trial, changes: Sequence[TrialChange]) -> TrialChange | None:
    """The newest change that came after the summary was checked and could matter to it."""
    later: list[TrialChange] = trial.summary.overtaken_by(changes) if trial.summary else []
    return max(later, key=lambda change: change.version, default=None)


def earlier_dates(changes: Sequence[TrialChange]) -> dict[str, str]:
    """What each planned date was before its last move."""
    out: dict[str, str] = {}
    for change in changes:
        if change.field in ("start", "primary_completion", "completion") and isinstance(change.old, dict):
            out.setdefault(change.field, str(change.old.get("date", "")))
    return out


def joining(record: TrialRecord) -> dict[str, Any]:
    facts = [
        ("Ages", ages(record)),
        ("Sex", participants.sex_label(record) if record.sex else ""),
        ("Healthy volunteers", _HEALTHY.get(record.healthy_volunteers, "")),
    ]
    said = [(label, value) for label, value in facts if value and value not in ("Not stated", NOT_SAID)]
    criteria = eligibility.parse(record.eligibility)
    return {
        "criteria": criteria,
        "inclusion": shortened(criteria.inclusion),
        "exclusion": shortened(criteria.exclusion),
        "facts": said,
    }


def shortened(items: tuple[Criterion, ...]) -> tuple[tuple[Criterion, ...], tuple[Criterion, ...]]:
    """The first rules, to read at a glance, and the others, one click away. A short rest is not worth a click."""
    length = 0
    for place, item in enumerate(items):
        length += sum(len(part.text) for part in eligibility.walk((item,)))
        if length > GLANCE and place >= 2 and len(items) - place > 3:
            return items[:place], items[place:]
    return items, ()


def ages(record: TrialRecord) -> str:
    """No limits mean any age, unless the record says nothing at all about who can join."""
    if not (record.minimum_age or record.maximum_age or record.sex):
        return NOT_SAID
    return age_range_label(record.minimum_age, record.maximum_age)


def facts(record: TrialRecord) -> list[tuple[str, str]]:
    """At a glance. A row that would say nothing is left out, but for what every reader looks for."""
    sponsor = record.lead_sponsor
    rows = [
        ("Status", vocabulary.status_label(record.status)),
        ("Phase", vocabulary.phase_label(record.phases) or "No phase"),
        ("Kind", vocabulary.study_type_label(record.study_type) if record.study_type else ""),
        ("People", story.people_label(record)),
        ("Ages", ages(record)),
        ("Compared with", story.compared_with(record)),
        ("Where", story.where_label(record)),
        ("Sponsor", sponsor.name if sponsor else NOT_SAID),
    ]
    return [(label, value) for label, value in rows if value]


def documents(record: TrialRecord) -> list[tuple[str, str, str]]:
    """-> label, address in the registry, date."""
    base = f"https://clinicaltrials.gov/ProvidedDocs/{record.nct_id[-2:]}/{record.nct_id}/"
    return [(d.label or d.filename, base + d.filename, d.date) for d in record.documents]
