"""A TrialRecord -> three to six plain sentences, made by rule from structured fields alone. Pure.

What a record leaves out is left out here. Hard names stand at the end of short sentences. Nothing is promised.
"""

from collections import Counter
from datetime import date

from trials import naming, vocabulary
from trials.dummies import Dummies
from trials.participants import ages, cancer_gloss, is_disease, people, plain_conditions
from trials.records import Site, TrialRecord
from trials.size_and_end import size_and_end
from trials.vocabulary import country_label, date_label, listed

MAX_SENTENCES = 6
MAX_NAMES, MAX_CONDITIONS = 64, 52
"""Characters of two names in one sentence; past that, one name and "3 others"."""
_NOUN = {"OBSERVATIONAL": "study", "EXPANDED_ACCESS": "program"}
_TENSE = {
    "NOT_YET_RECRUITING": "plans", "COMPLETED": "past", "TERMINATED": "past", "WITHDRAWN": "never", "UNKNOWN": "unsure",
    "NO_LONGER_AVAILABLE": "past", "APPROVED_FOR_MARKETING": "past",
}  # fmt: skip
_TEST = {
    "past": "It tested",
    "plans": "It plans to test",
    "never": "It was meant to test",
    "unsure": "It set out to test",
}
_COMPARE = {
    "past": "It compared", "plans": "It plans to compare", "never": "It was meant to compare",
    "unsure": "It set out to compare",
}  # fmt: skip
_WATCH = {
    "now": ("Researchers watch what happens, and do not choose the care.", "The focus is"),
    "plans": ("Researchers plan to watch what happens, and not to choose the care.", "The focus is"),
    "past": ("Researchers watched what happened, and did not choose the care.", "The focus was"),
    "never": ("Researchers meant to watch what happens, and not to choose the care.", "The focus was"),
    "unsure": ("Researchers set out to watch what happens, and not to choose the care.", "The focus was"),
}
_LOOK_BACK = {"now": "look", "plans": "plan to look", "past": "looked", "never": "meant to look",
              "unsure": "set out to look"}  # fmt: skip
_TAKES = {"past": "took", "plans": "plans to take", "never": "was meant to take", "unsure": "set out to take"}
_WAS = ("past", "never", "unsure")
_THEN = {
    "RECRUITING": "it was looking for people",
    "NOT_YET_RECRUITING": "it had not opened yet",
    "ACTIVE_NOT_RECRUITING": "it was under way and took no new people",
    "ENROLLING_BY_INVITATION": "it took only people it invited",
}
_KIND = {
    "DRUG": "drug", "DEVICE": "device", "BIOLOGICAL": "treatment", "PROCEDURE": "procedure", "RADIATION": "treatment",
    "BEHAVIORAL": "program", "GENETIC": "treatment", "DIETARY_SUPPLEMENT": "supplement", "DIAGNOSTIC_TEST": "test",
    "COMBINATION_PRODUCT": "product", "OTHER": "form of care",
}  # fmt: skip
_ACTS = ("surgery", "therapy", "stimulation", "procedure", "procedures", "treatment", "treatments", "monitoring")
_CALLED = ("DRUG", "DEVICE", "BIOLOGICAL", "DIETARY_SUPPLEMENT", "COMBINATION_PRODUCT")
_MANY = ("many locations", "multiple locations", "various locations", "multiple sites", "many sites")
"""What some sponsors give for a town (NCT00470873)."""


def in_short(record: TrialRecord, *, today: date) -> tuple[str, ...]:
    """Is it open, what is tested, for whom, where, how many people, until when: at most six sentences."""
    if record.status == "WITHHELD":
        return (
            "The sponsor keeps the details of this trial hidden for now.",
            "It tests a device that is not cleared for sale in the United States yet.",
            "The rest of the record is empty.",
        )
    status = _status(record)
    what = _what(record)
    rest = [sentence for sentence in (_where(record), size_and_end(record, today)) if sentence]
    whom = [sentence for sentence in (_for_whom(record), cancer_gloss(record)) if sentence]
    if len(status) + len(what[:1]) + len(whom) + len(rest) > MAX_SENTENCES:
        whom = whom[:1]
    room = MAX_SENTENCES - len(status) - len(whom) - len(rest)
    return (*status, *what[:room], *whom, *rest)


def what_it_is(record: TrialRecord, *, today: date) -> tuple[str, ...]:
    """What is tested, for whom, how many and until when: what a first screen needs beside the status and the place
    that it shows. A record that does not tell what it tests gets what there is to say of it."""
    what = (*_what(record), _for_whom(record), cancer_gloss(record))
    if not any(what):
        return in_short(record, today=today)
    return tuple(sentence for sentence in (*what, size_and_end(record, today)) if sentence)


def _tense(record: TrialRecord) -> str:
    return _TENSE.get(record.status, "now")


def _status(record: TrialRecord) -> list[str]:
    noun = _NOUN.get(record.study_type, "trial")
    if record.status == "UNKNOWN":
        return _unknown(record, noun)
    opening = f"This {noun} {vocabulary.status_words(record.status).clause}."
    if record.study_type == "EXPANDED_ACCESS":
        return ["This is not a trial, but a way to get a treatment outside one.", opening]
    if record.status == "TERMINATED":
        why = "The sponsor says why in the record." if record.why_stopped else "The record does not say why."
        return [f"This {noun} stopped early.", why]
    return [opening]


def _unknown(record: TrialRecord, noun: str) -> list[str]:
    if record.status_verified:
        since = f"No one has confirmed how this {noun} stands since {date_label(record.status_verified)}."
    else:
        since = f"No one has confirmed how this {noun} stands for a long time."
    then = _THEN.get(record.last_known_status)
    return [since, f"Back then, {then}."] if then else [since]


def _what(record: TrialRecord) -> list[str]:
    if record.study_type == "OBSERVATIONAL":
        return _observed(record)
    found = naming.comparison(record)
    if not found.tested:
        return []
    if record.study_type == "EXPANDED_ACCESS":
        return [f"It {'gave' if _tense(record) == 'past' else 'gives'} {_things(found.tested, called=True)}."]
    compare = _COMPARE.get(_tense(record), "It compares")
    if versions := _versions(found):
        return [f"{compare} versions of {versions}.", *_by_chance(record, found)]
    others = _others(found)
    if others:
        sides = f"{_side(found.tested)} with {listed(others)}"
        return [f"{compare} {sides}.", *_gloss(found.dummies), *_by_chance(record, found)]
    first = f"{_TEST.get(_tense(record), 'It tests')} {_things(found.tested, called=True)}."
    return [first, *_by_chance(record, found), *_one_group(record, found)]


def _versions(found: naming.Comparison) -> str:
    """What both sides come down to once their names are short (NCT04204720: two makes of needle)."""
    return next((thing.name for thing in found.tested if thing.name and thing in found.against), "")


def _side(things: tuple[naming.Tested, ...]) -> str:
    """One side of "X with Y": a name with its own "with" would blur which is which."""
    return _things(things).replace(" with ", " plus ")


def _others(found: naming.Comparison) -> list[str]:
    """What the tested things are compared with; several treatments beside a placebo would not fit the sentence."""
    dummy = found.dummies
    fakes = [words for flag, words in ((dummy.has_placebo, "a placebo"), (dummy.has_sham, "a sham")) if flag]
    if found.against and (not fakes or len(found.against) == 1):
        return [_side(found.against), *fakes]
    if fakes:
        return fakes
    if dummy.has_usual_care:
        return ["usual care"]
    return ["no added treatment"] if dummy.has_nothing else []


def _gloss(dummy: Dummies) -> list[str]:
    if dummy.has_placebo and dummy.has_drug:
        return ["A placebo looks like the real thing but has no drug in it."]
    if dummy.has_placebo:
        return ["A placebo is made to seem like the real thing."]
    return ["A sham is made to feel like the real thing."] if dummy.has_sham else []


def _by_chance(record: TrialRecord, found: naming.Comparison) -> list[str]:
    if record.allocation != "RANDOMIZED" or found.groups == 1:
        return []
    said = {"now": "Chance decides", "plans": "Chance will decide", "past": "Chance decided"}.get(_tense(record))
    return [f"{said} who {'got' if _tense(record) == 'past' else 'gets'} what."] if said else []


def _one_group(record: TrialRecord, found: naming.Comparison) -> list[str]:
    if found.groups > 1 or (record.intervention_model != "SINGLE_GROUP" and not found.groups):
        return []
    if _tense(record) == "now":
        return ["All people in it get the same care."]
    return ["All people in it got the same care."] if _tense(record) == "past" else []


def _observed(record: TrialRecord) -> list[str]:
    watch, focus = _WATCH.get(_tense(record), _WATCH["now"])
    if record.time_perspective == "RETROSPECTIVE":
        watch = f"Researchers {_LOOK_BACK[_tense(record)]} back at what had happened, and did not choose the care."
    about = {term.casefold() for term in record.conditions}
    things = tuple(t for t in naming.comparison(record).tested if t.name and t.name.casefold() not in about)
    return [watch, f"{focus} {_things(things)}."] if things else [watch]


def _things(things: tuple[naming.Tested, ...], *, called: bool = False) -> str:
    """At most two names, then `and 3 others`; `a drug called X` for one; `a device` for what has no short name."""
    named = [thing for thing in things if thing.name]
    if not named:
        kind = _KIND.get(things[0].kind, "form of care")
        return f"a {kind}" if len(things) == 1 else f"{len(things)} {_plural(things)}"
    if len(things) == 1:
        only = named[0]
        return f"a {_KIND[only.kind]} called {only.name}" if called and _is_title(only) else only.name
    shown = _fitting([thing.name for thing in named], MAX_NAMES)
    left = len(things) - len(shown)
    return listed([*shown, _others_count(left)] if left else shown)


def _is_title(thing: naming.Tested) -> bool:
    """`a drug called udenafil`, `a device called LI-ESWT`; but plainly `difficult laryngoscopy`."""
    if thing.kind not in _CALLED or len(thing.name.split()) > 2 or thing.name.casefold().endswith(_ACTS):
        return False
    return thing.kind == "DRUG" or not thing.name.islower()


def _plural(things: tuple[naming.Tested, ...]) -> str:
    kinds = {_KIND.get(thing.kind, "form of care") for thing in things}
    word = kinds.pop() if len(kinds) == 1 else "treatment"
    return "forms of care" if word == "form of care" else f"{word}s"


def _for_whom(record: TrialRecord) -> str:
    """`It is for men aged 40 to 70 with X`. Whether all of several conditions must be met is not known: `about`."""
    who = people(record) + ages(record)
    is_was = "It was" if _tense(record) in _WAS else "It is"
    conditions = plain_conditions(record)
    if not conditions:
        if record.conditions:
            return f"{is_was} for healthy {who}."
        return "" if who == "people" else f"{is_was} for {who}."
    takes = _TAKES.get(_tense(record), "takes")
    healthy = f", and {takes} healthy people too" if record.healthy_volunteers else ""
    if len(conditions) == 1 and is_disease(record, conditions[0]):
        return f"{is_was} for {who} with {_clipped(conditions[0])}{healthy}."
    return f"{is_was} about {_limited(conditions)}{f' in {who}' if who != 'people' else ''}{healthy}."


def _limited(names: list[str]) -> str:
    """The first name, the second if both are short, and how many others."""
    shown = _fitting([_clipped(name) for name in names], MAX_CONDITIONS)
    left = len(names) - len(shown)
    return listed([*shown, _others_count(left, "condition")] if left else shown)


def _fitting(names: list[str], length: int) -> list[str]:
    return names[:2] if len(" ".join(names[:2])) <= length else names[:1]


def _others_count(count: int, noun: str = "") -> str:
    words = f"one other {noun}" if count == 1 else f"{count} other {noun}s" if noun else f"{count} others"
    return words.strip()


def _clipped(name: str) -> str:
    return name if len(name) <= 70 else f"{name[:70].rsplit(' ', 1)[0].rstrip(',;:')}…"


def _where(record: TrialRecord) -> str:
    if not record.sites:
        return "The record does not list a site." if record.status in ("RECRUITING", "NOT_YET_RECRUITING") else ""
    one, many = ("was", "were") if _tense(record) in _WAS else ("is", "are")
    if any(site.city.casefold() in _MANY for site in record.sites):
        named = [country_label(name) for name in dict.fromkeys(site.country for site in record.sites) if name]
        countries = listed(named) if len(named) < 3 else f"{len(named)} countries"
        return f"There {many} many sites{f' in {countries}' if countries else ''}."
    place = _places(record.sites)
    if len(record.sites) == 1:
        return f"There {one} one site{f', in {place}' if place else ''}."
    return f"There {many} {len(record.sites):,} sites{f' in {place}' if place else ''}."


def _places(sites: tuple[Site, ...]) -> str:
    """The city where it is one, the countries where they are one or two, else their number and the main one."""
    if len({(site.city, site.country) for site in sites}) == 1:
        parts = (sites[0].city, sites[0].country.partition(" (")[0])
        return ", ".join(dict.fromkeys(part for part in parts if part))
    counted = Counter(site.country for site in sites if site.country)
    countries = [country_label(name) for name, _ in counted.most_common()]
    if len(countries) > 2:
        return (
            f"{len(countries)} countries, most of them in {countries[0]}"
            if _leads(sites)
            else f"{len(countries)} countries"
        )
    return listed(countries)


def _leads(sites: tuple[Site, ...]) -> bool:
    return Counter(site.country for site in sites).most_common(1)[0][1] * 2 > len(sites)
