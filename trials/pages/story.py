"""What happens in a trial, when, and for whom: the record's middle part in a reader's words. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from trials import dummies, vocabulary
from trials.dummies import PLACEBO, SHAM, Dummies
from trials.markdown import shown
from trials.pages.standing import is_past
from trials.records import Arm, RecordDate, TrialRecord


class Treatment(NamedTuple):
    kind: str
    name: str
    description: str
    other_names: tuple[str, ...]
    page: str = ""


class Group(NamedTuple):
    label: str
    kind: str
    description: str
    gets: list[str]


class Goal(NamedTuple):
    measure: str
    when: str
    description: str


class Story(NamedTuple):
    purpose: str
    design: list[tuple[str, str]]
    groups: list[Group]
    treatments: list[Treatment]
    compared_with: str
    goals: list[Goal]
    more_goals: int


NAMED = 3
"""Towns or countries that fit a line on a phone."""
_DUMMIES = ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION")
_COMPARATORS = ("ACTIVE_COMPARATOR", *_DUMMIES)


def story(record: TrialRecord, pages: Mapping[int, str] | None = None) -> Story:
    """`pages` names the pages of the treatments that other trials test too, by their places in the record."""
    goals = [Goal(shown(o.measure), shown(o.time_frame), o.description) for o in record.primary_outcomes]
    return Story(
        purpose=vocabulary.STUDY_TYPE_PLAIN.get(record.study_type, ""),
        design=_design(record),
        groups=[_group(record, arm) for arm in record.arms],
        treatments=[
            Treatment(
                vocabulary.intervention_type_label(i.type) if i.type else "",
                shown(i.name),
                i.description,
                i.other_names,
                (pages or {}).get(place, ""),
            )
            for place, i in enumerate(record.interventions)
        ],
        compared_with=compared_with(record),
        goals=goals,
        more_goals=len(record.secondary_outcomes),
    )


def _group(record: TrialRecord, arm: Arm) -> Group:
    gets = [name for name in _given(record, arm) if name != shown(arm.label)]
    return Group(shown(arm.label), _kind(arm), arm.description, gets)


_DUMMY_KINDS = {"placebo": "Placebo", "sham": "Sham procedure", "usual": "Usual care", "nothing": "No added treatment"}


def _kind(arm: Arm) -> str:
    if arm.type in dummies.TYPES:
        return _DUMMY_KINDS[dummies.kind(arm)]
    return vocabulary.arm_type_label(arm.type) if arm.type else ""


def _given(record: TrialRecord, arm: Arm) -> list[str]:
    """What the arm's people get: by the arm's own list ("Drug: X"), else by the label that the interventions name."""
    names = [name.split(": ", 1)[-1] for name in arm.interventions]
    return [shown(name) for name in names or [i.name for i in record.interventions if arm.label in i.arm_labels]]


def compared_with(record: TrialRecord) -> str:
    """What the tested treatment is measured against, in a few words; "" where the record has no comparison arm."""
    kinds = {arm.type for arm in record.arms}
    if len(record.arms) < 2 or not kinds.intersection(_COMPARATORS):
        return ""
    found = dummies.dummies(record)
    ours = "; ".join(_dummy_words(found))
    names = _active_names(record)
    if found.has_placebo or found.has_sham:
        names = [name for name in names if not (PLACEBO.search(name) or SHAM.search(name))]
    is_tested = "EXPERIMENTAL" not in kinds and bool(kinds.intersection(_DUMMIES))
    if names and not is_tested:
        if kinds == {"ACTIVE_COMPARATOR"}:
            return f"Each other: {', '.join(names)}" if 1 < len(names) <= NAMED else "The other groups"
        return "; ".join(filter(None, (ours, ", ".join(names))))
    return ours or ("No added treatment" if "NO_INTERVENTION" in kinds else "Another treatment")


def _dummy_words(found: Dummies) -> list[str]:
    placebo = "A placebo, which has no active drug" if found.has_drug else "A placebo, made to seem like the real thing"
    sham = "a sham procedure, done for show" if found.has_placebo else "A sham procedure, done for show"
    said = ((found.has_placebo, placebo), (found.has_sham, sham), (found.has_usual_care, "Usual care"),
            (found.has_nothing, "No added treatment"))  # fmt: skip
    return [words for flag, words in said if flag][:2]


def _active_names(record: TrialRecord) -> list[str]:
    active = [arm for arm in record.arms if arm.type == "ACTIVE_COMPARATOR"]
    return list(dict.fromkeys(name for arm in active for name in _given(record, arm) or [shown(arm.label)] if name))


def _design(record: TrialRecord) -> list[tuple[str, str]]:
    rows = []
    if record.primary_purpose:
        rows.append(("Main purpose", vocabulary.purpose_label(record.primary_purpose)))
    if record.allocation and record.allocation != "NA":
        rows.append(("Who gets what", vocabulary.allocation_label(record.allocation)))
    if record.intervention_model:
        rows.append(("Groups", vocabulary.model_label(record.intervention_model)))
    if record.masking:
        rows.append(("Who knows", vocabulary.masking_label(record.masking, record.who_masked)))
    if record.is_patient_registry:
        rows.append(("Kind of study", "A patient registry, which collects facts about many people over time"))
    if record.observational_model:
        rows.append(("Design", vocabulary.model_label(record.observational_model)))
    if record.time_perspective:
        rows.append(("Looks at", vocabulary.time_perspective_label(record.time_perspective)))
    if record.target_duration:
        rows.append(("Follows each person for", record.target_duration))
    return rows


def people_label(record: TrialRecord) -> str:
    """`150 planned`, `54 took part`, `54 joined` while it goes on; what the record leaves out is said."""
    if record.enrollment is None:
        return "The record does not say"
    count = f"{record.enrollment:,}"
    if record.status == "WITHDRAWN" or not record.enrollment:
        return "Nobody joined" if not record.enrollment else count
    if record.enrollment_type == "ACTUAL":
        return f"{count} took part" if vocabulary.status_words(record.status).has_ended else f"{count} joined"
    return f"{count} planned" if record.enrollment_type == "ESTIMATED" else count


def where_label(record: TrialRecord) -> str:
    """`Beijing, China`, `Spain: 2 sites, in Madrid and Seville`, `12 sites in 3 countries: China, Spain and Italy`."""
    countries = list(dict.fromkeys(site.country for site in record.sites if site.country))
    count = len(record.sites)
    if not count:
        return "The record lists no site"
    sites = "1 site" if count == 1 else f"{count:,} sites"
    if len(countries) == 1:
        return _in_one_country(record, countries[0], sites)
    if not countries:
        return sites
    named = f": {vocabulary.listed(countries)}" if len(countries) <= NAMED else ""
    return f"{sites} in {len(countries)} countries{named}"


def _in_one_country(record: TrialRecord, country: str, sites: str) -> str:
    """States tell towns of one name apart; a site without a town leaves only the count."""
    towns = list(dict.fromkeys((site.city, site.state) for site in record.sites))
    if not all(city for city, _ in towns):
        return f"{country}: {sites}"
    if len(towns) == 1:
        town = vocabulary.place_label("", *towns[0], "", country)
        return town if len(record.sites) == 1 else f"{town}: {sites}"
    names = list(dict.fromkeys(city for city, _ in towns))
    return f"{country}: {sites}" + (f", in {vocabulary.listed(names)}" if len(names) <= NAMED else "")


class Moment(NamedTuple):
    label: str
    date: RecordDate | None
    note: str
    state: str
    cx: int


def timeline(record: TrialRecord, today: date, earlier_dates: dict[str, str] | None = None) -> list[Moment]:
    """The trial's dates in order with today among them. `cx` is its place in the drawing; states: past, now, next."""
    earlier = earlier_dates or {}
    planned = (
        ("Listed in the registry", RecordDate(record.first_posted, "ACTUAL") if record.first_posted else None, ""),
        ("Start", record.start, "start"),
        ("Main measurements end", record.primary_completion, "primary_completion"),
        ("End", record.completion, "completion"),
        ("Results posted", RecordDate(record.results_posted, "ACTUAL") if record.results_posted else None, ""),
    )
    happens = record.status != "WITHDRAWN"  # nobody joined: whatever dates it has, nothing started or ended
    known = [(label, value, key) for label, value, key in planned if value and (happens or not key)]
    if not known:
        return []
    rows = [
        (_sortable(value.date), _label(label, value), value, _note(value, earlier.get(key, "")))
        for label, value, key in known
    ]
    rows.append((today.isoformat(), "Today", RecordDate(today.isoformat(), "ACTUAL"), ""))
    rows.sort(key=lambda row: row[0])
    days = [date.fromisoformat(row[0]).toordinal() for row in rows]
    span = max(1, days[-1] - days[0])
    return [
        Moment(label, value, note, "now" if label == "Today" else "past" if is_past(value, today) else "next",
               round(12 + 576 * (day - days[0]) / span))
        for (_, label, value, note), day in zip(rows, days, strict=True)
    ]  # fmt: skip


def _label(label: str, value: RecordDate) -> str:
    if label == "Start" and value.type == "ACTUAL":
        return "Started"
    if label == "End" and value.type == "ACTUAL":
        return "Ended"
    return "Main measurements ended" if label == "Main measurements end" and value.type == "ACTUAL" else label


def _note(value: RecordDate, was: str) -> str:
    """Planned is said where the registrant says so; old records say neither, and then neither do we."""
    planned = "planned" if value.type == "ESTIMATED" else ""
    moved = f"was {vocabulary.date_label(was)}" if was and was != value.date else ""
    return ", ".join(part for part in (planned, moved) if part)


def date_words(value: RecordDate | None) -> str:
    if value is None:
        return "The record does not say"
    return vocabulary.date_label(value.date) + (" (planned)" if value.type == "ESTIMATED" else "")


def _sortable(value: str) -> str:
    """`2026` and `2026-07` count from their middle; days past the 28th as the 28th, since some do not exist."""
    parts = value.split("-")
    year = max(1900, min(2200, int(parts[0])))
    if len(parts) == 1:
        return f"{year}-07-01"
    return f"{year}-{parts[1]}-15" if len(parts) == 2 else f"{year}-{parts[1]}-{min(int(parts[2]), 28):02}"
