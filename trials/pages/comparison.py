"""Two to four trials side by side, fact by fact, and in words which facts differ. Pure but for the gazetteer."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from trials import eligibility, participants, vocabulary
from trials.markdown import shown
from trials.models import Trial
from trials.pages import story, trial_page
from trials.pages.appointment import cut
from trials.pages.nearest import nearest
from trials.places import Place
from trials.records import RecordDate, TrialRecord

NOT_SAID = "The record does not say"
LETTERS = "ABCD"
NAMED = 4
_LONGEST = 220
_SAID = 6
"""Facts that a sentence names."""


class Row(NamedTuple):
    """`values` in the order of the trials."""

    label: str
    values: list[str]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1

    @property
    def lettered(self) -> list[tuple[str, str]]:
        return list(zip(LETTERS, self.values, strict=False))


class Part(NamedTuple):
    title: str
    rows: list[Row]


_Fact = tuple[str, Callable[[Trial], str]]


def parts(trials: Sequence[Trial], place: Place | None) -> list[Part]:
    """Facts that no record gives are left out."""
    near: list[_Fact] = []
    if place:
        near = [(f"Nearest site to {place.label}", lambda trial: _nearest(trial.record, place))]
    made = [
        Part(title, [_row(label, trials, fact) for label, fact in facts])
        for title, facts in (
            ("Where it stands", _STANDING), ("What it tests", _TESTS), ("Who can join", _JOINING),
            ("Where", [*near, *_PLACES]), ("When", _DATES), ("Who is behind it", _BEHIND),
        )
    ]  # fmt: skip
    said = [part._replace(rows=[row for row in part.rows if set(row.values) != {NOT_SAID}]) for part in made]
    return [part for part in said if part.rows]


def only_differing(made: Sequence[Part]) -> list[Part]:
    kept = [part._replace(rows=[row for row in part.rows if row.differs]) for part in made]
    return [part for part in kept if part.rows]


def in_words(made: Sequence[Part]) -> list[str]:
    """`They differ in status and phase.` `They are alike in the other 17 facts.` Long lists of facts are counted."""
    rows = [row for part in made for row in part.rows]
    differ = [_inside(row.label) for row in rows if row.differs]
    alike = [_inside(row.label) for row in rows if not row.differs]
    if not differ:
        return ["They do not differ in what we compare."]
    if len(differ) > _SAID:
        return [f"They differ in {_all_but(alike, len(rows))}."]
    same = f"the other {len(alike)} facts" if len(alike) > _SAID else vocabulary.listed(alike)
    return [f"They differ in {vocabulary.listed(differ)}.", *([f"They are alike in {same}."] if alike else [])]


def _all_but(alike: list[str], count: int) -> str:
    if len(alike) > _SAID:
        return f"{count - len(alike)} of the {count} facts below"
    return f"all {count} facts but {vocabulary.listed(alike)}" if alike else f"all {count} facts"


def _inside(label: str) -> str:
    """As it reads within a sentence: names of places keep their capitals."""
    return label[0].lower() + label[1:]


def _row(label: str, trials: Sequence[Trial], fact: Callable[[Trial], str]) -> Row:
    return Row(label, [cut(fact(trial), _LONGEST) or NOT_SAID for trial in trials])


def _confirmed(trial: Trial) -> str:
    verified = trial.record.status_verified
    return vocabulary.date_label(verified) if verified else ""


def _tried(trial: Trial) -> str:
    names = list(dict.fromkeys(shown(each.name) for each in trial.record.interventions))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _criteria(trial: Trial) -> str:
    """How many rules the registrant lists; headings and the points under a rule are not counted."""
    found = eligibility.parse(trial.record.eligibility)
    if found.is_split:
        out = _points(found.exclusion)
        return f"{_rules(_points(found.inclusion))} to join, {out:,} that keep{'s' if out == 1 else ''} people out"
    count = sum(_points(section.items) for section in found.sections)
    return f"{_rules(count)}, not in two lists" if count else ""


def _points(items: tuple[eligibility.Criterion, ...]) -> int:
    return sum(_points(item.children) if item.is_heading else 1 for item in items)


def _rules(count: int) -> str:
    return f"{count:,} rule{'' if count == 1 else 's'}"


def _healthy(trial: Trial) -> str:
    accepted = trial.record.healthy_volunteers
    return "" if accepted is None else vocabulary.healthy_volunteers_label(accepted)


def _nearest(record: TrialRecord, place: Place | None) -> str:
    found = nearest(record, place, 1)
    if not found:
        return "The record lists no site"
    site = found[0]
    return ", ".join(part for part in (site.town or site.facility, site.distance, site.status) if part)


def _countries(trial: Trial) -> str:
    countries = sorted({site.country for site in trial.record.sites if site.country})
    if len(countries) > NAMED:
        return f"{len(countries)}: {', '.join(countries[:NAMED])} and {len(countries) - NAMED} more"
    return vocabulary.listed(countries)


def _when(pick: Callable[[TrialRecord], RecordDate | None]) -> Callable[[Trial], str]:
    return lambda trial: story.date_words(pick(trial.record))


def _changed(trial: Trial) -> str:
    when = vocabulary.date_label(trial.last_changed_at.date().isoformat())
    if not trial.update_count:
        return f"No change since {when}"
    return f"{when}, updated {trial.update_count} time{'' if trial.update_count == 1 else 's'}"


_STANDING: list[_Fact] = [
    ("Status", lambda trial: vocabulary.status_label(trial.record.status)),
    ("Status confirmed", _confirmed),
    ("Last change", _changed),
    ("Results", lambda trial: "Posted in the registry" if trial.record.has_results else "None posted yet"),
]
_TESTS: list[_Fact] = [
    ("Kind", lambda trial: vocabulary.study_type_label(trial.record.study_type) if trial.record.study_type else ""),
    ("Phase", lambda trial: vocabulary.phase_label(trial.record.phases) or "No phase"),
    ("What is tried", _tried),
    ("Compared with", lambda trial: story.compared_with(trial.record)),
    ("Who gets what", lambda trial: vocabulary.allocation_label(trial.record.allocation)
     if trial.record.allocation else ""),
    ("People", lambda trial: story.people_label(trial.record)),
]  # fmt: skip
_JOINING: list[_Fact] = [
    ("Ages", lambda trial: trial_page.ages(trial.record)),
    ("Sex", lambda trial: participants.sex_label(trial.record) if trial.record.sex else ""),
    ("Healthy volunteers", _healthy),
    ("Rules", _criteria),
]
_PLACES: list[_Fact] = [
    ("Sites", lambda trial: f"{len(trial.record.sites):,}"),
    ("Countries", _countries),
]
_DATES: list[_Fact] = [
    ("Start", _when(lambda record: record.start)),
    ("Main measurements end", _when(lambda record: record.primary_completion)),
    ("End", _when(lambda record: record.completion)),
]
_BEHIND: list[_Fact] = [
    ("Sponsor", lambda trial: trial.record.lead_sponsor.name if trial.record.lead_sponsor else ""),
]
