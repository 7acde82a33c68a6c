"""What a search found, put into words: filters with counts, what is asked and how to take it back, what to widen."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connections, router
from django.utils.text import slugify

from trials import vocabulary
from trials.models import Trial
from trials.pages.in_search import carried
from trials.places import MILE_KM, Place
from trials.search.asking import MOST, PER_PAGE, SORTS, YES, Asked
from trials.search.finding import Found
from trials.search.resolving import INSIDE, KM
from trials.search.terms import SITE_MAY_BE_OPEN, mark

STATUS_LABELS = {mark(value): words.label for value, words in vocabulary.STATUS.items()}
PHASE_LABELS = {mark(value): label for value, label in vocabulary.PHASE.items()}
TYPE_LABELS = {mark(value): label for value, label in vocabulary.STUDY_TYPE.items()}
SEX_LABELS = {"female": "Women and girls", "male": "Men and boys"}
YES_LABELS = {
    "healthy": "Takes healthy volunteers",
    "results": "Has results in the registry",
    "summary": "Has a plain summary",
}
DISTANCES = {True: ("10mi", "30mi", "60mi", "120mi", "300mi"), False: ("20km", "50km", "100km", "200km", "500km")}


class Choice(NamedTuple):
    """`count` is "" where it is not known."""

    value: str
    label: str
    count: str = ""  # type: ignore[assignment]  # hides tuple.count, which nobody calls
    is_chosen: bool = False


class Asking(NamedTuple):
    """A filter in use, and the address without it."""

    label: str
    url: str


class Nearest(NamedTuple):
    """The nearest site that may be open: `Bethesda, 38 km, recruiting`."""

    city: str
    distance: str
    status: str


class Row(NamedTuple):
    """`inside` is what the link adds to the trial's address, so that its page knows the way through the list; `here`,
    what a hospital's page tells of the trial there."""

    trial: Trial
    nearest: Nearest | None = None
    inside: str = ""
    here: str = ""


def amount(number: int, *, at_least: bool = False) -> str:
    """`12`, `1,000+`; a lower bound is rounded down, as its last digits mean nothing."""
    if number > MOST:
        return f"{MOST:,}+"
    if not at_least:
        return f"{number:,}"
    step = 100 if number >= 200 else 10 if number >= 20 else 1
    return f"{number // step * step:,}+"


def total_label(found: Found) -> str:
    return f"{MOST:,}+" if found.is_capped else f"{found.total:,}"


# --- the form


def choices(found: Found) -> dict[str, list[Choice]]:
    return {
        "status": [_open_now(found), _any_status(found), *_counted(found, "status", STATUS_LABELS, keep=True)],
        "phase": [Choice("", "Any phase"), *_counted(found, "phase", PHASE_LABELS)],
        "type": [Choice("", "Any kind"), *_counted(found, "type", TYPE_LABELS)],
        "sex": [Choice("", "Any"), *_counted(found, "sex", SEX_LABELS)],
        "place": _places(found),
        "yes": [Choice(name, YES_LABELS[name], _count(found, name, "yes"), bool(getattr(found.asked, name)))
                for name in YES],
        "within": _distances(found.asked),
        "sort": [Choice(value, label, "", value == found.asked.sort) for value, label in SORTS.items()
                 if value != "near" or found.asked.near],
    }  # fmt: skip


def _open_now(found: Found) -> Choice:
    is_chosen = found.asked.status == "open"
    count = total_label(found) if is_chosen else _count(found, "status", "open") if found.asked.status == "any" else ""
    return Choice("open", "Open now", count, is_chosen)


def _any_status(found: Found) -> Choice:
    if found.asked.status == "any":
        return Choice("any", "Any status", total_label(found), True)
    return Choice("any", "Any status", amount(found.any_status) if found.any_status else "")


def _counted(found: Found, name: str, labels: dict[str, str], *, keep: bool = False) -> list[Choice]:
    """The values that something was found for, and the chosen one; all of them where not everything was looked at.

    Those beside the chosen one are counted as if none was chosen.
    """
    chosen = getattr(found.asked, name)
    is_counted = found.total or any(each == name for each, _ in found.counts)
    is_known = is_counted and not _is_lower_bound(found, name, "")
    made = [Choice(value, label, _count(found, name, value), value == chosen) for value, label in labels.items()]
    return [choice for choice in made if keep or choice.count or choice.is_chosen or not is_known]


def _count(found: Found, name: str, value: str) -> str:
    number = found.counts[name, value]
    return amount(number, at_least=_is_lower_bound(found, name, value)) if number else ""


def _is_lower_bound(found: Found, name: str, value: str) -> bool:
    chosen = getattr(found.asked, name)
    return found.is_capped if chosen in ("", "any", value) else name in found.capped


def _places(found: Found) -> list[Choice]:
    """The commonest countries, or the states of the chosen one."""
    asked, chosen = found.asked, found.asked.state if found.asked.country else ""
    made = [Choice(slugify(name), name, amount(many, at_least=found.is_capped), slugify(name) == chosen)
            for name, many in found.places[:80]]  # fmt: skip
    if chosen and not any(choice.is_chosen for choice in made):
        made.append(Choice(chosen, found.resolved.state or chosen, "", True))
    first = f"All of {found.resolved.country or asked.country}" if asked.country else "Any country"
    return [Choice("", first), *sorted(made, key=lambda choice: choice.label)]


def _distances(asked: Asked) -> list[Choice]:
    offered: tuple[str, ...] = DISTANCES[asked.in_miles]
    within = asked.within
    if within and within not in offered:
        offered = (*offered, within)
    return [Choice(value, distance_label(value), "", value == within) for value in offered]


def distance_label(within: str) -> str:
    return f"{within[:-2]} {'miles' if within.endswith('mi') else 'km'}"


# --- what is asked


def active(found: Found) -> list[Asking]:
    """Each filter in use; the status is always one, as open now is a choice made for the visitor."""
    asked = found.asked
    labels = {
        "q": f"“{asked.q}”" if asked.q else "",
        "condition": found.resolved.condition.name if found.resolved.condition else asked.condition,
        "phase": PHASE_LABELS.get(asked.phase, ""),
        "type": TYPE_LABELS.get(asked.type, ""),
        "country": found.resolved.country or asked.country,
        "state": found.resolved.state or asked.state,
        "near": f"Within {distance_label(asked.within)} of {asked.place.label}" if asked.place else asked.near,
        "age": "" if asked.age is None else f"{asked.age} years old",
        "sex": SEX_LABELS.get(asked.sex, ""),
        **{name: YES_LABELS[name] if getattr(asked, name) else "" for name in YES},
    }
    chips = [Asking(label, asked.address(**{name: ""})) for name, label in labels.items() if label]
    if asked.status != "any":
        label = "Open now" if asked.status == "open" else STATUS_LABELS.get(asked.status, asked.status)
        chips.append(Asking(label, asked.address(status="any")))
    return chips


def heading(found: Found) -> str:
    """`for stomach neoplasms near Boston, MA`."""
    asked, named = found.asked, found.resolved.named or found.resolved.condition
    parts = [f"for {named.name}"] if named else []
    rest = found.resolved.named.rest if found.resolved.named else asked.q
    parts += [f"with “{rest}”"] if rest else []
    parts += [f"near {asked.place.label}"] if asked.place else []
    return " ".join(parts)


# --- nothing found


_WIDER = {
    "near": "in any place", "age": "for any age", "phase": "in any phase", "country": "in any country",
    "state": "in any state", "sex": "for any sex", "type": "of any kind", "condition": "for any condition",
    "healthy": "for anybody", "results": "with or without results", "summary": "with or without a plain summary",
    "status": "of any status",
}  # fmt: skip


def wider(found: Found) -> list[Asking]:
    """`12 trials of any status`, with the address that finds them."""
    asked = found.asked
    out = []
    for name, many in sorted(found.wider, key=lambda pair: pair[0] != "near"):
        url = asked.address(status="any") if name == "status" else asked.address(**{name: ""})
        out.append(Asking(f"{amount(many)} trial{'' if many == 1 else 's'} {_WIDER[name]}", url))
    return out


def other_places(asked: Asked) -> list[Asking]:
    return [Asking(place.label, asked.address(near=place.label)) for place in asked.other_places]


# --- rows


def rows(found: Found) -> list[Row]:
    """The trials of the page in order, in one query; near a place one more for their nearest sites."""
    ids = [hit.trial_id for hit in found.hits]
    if not ids:
        return []
    trials = Trial.objects.select_related("plain_summary").in_bulk(ids)
    sites = nearest_sites(found, ids) if found.asked.place else {}
    question, first = carried(found.asked), (found.asked.page - 1) * PER_PAGE + 1
    return [Row(trials[id_], sites.get(id_), f"{question}{place}" if question else "")
            for place, id_ in enumerate(ids, first) if id_ in trials]  # fmt: skip


_NEAREST = f"""
    SELECT DISTINCT ON (trial_id) trial_id, city, status, {KM} AS km FROM trials_location
    WHERE trial_id = ANY(%(ids)s) AND {INSIDE} ORDER BY trial_id, status = ANY(%(open_sites)s) DESC, km
"""  # noqa: S608


def nearest_sites(found: Found, ids: Iterable[int]) -> dict[int, Nearest]:
    values = {**found.resolved.around, "ids": list(ids), "open_sites": sorted(SITE_MAY_BE_OPEN)}
    with connections[router.db_for_read(Trial) or "default"].cursor() as cursor:
        cursor.execute(_NEAREST, values)
        return {trial_id: Nearest(city or "A place without a name", away(km, found.asked.in_miles), _site(status))
                for trial_id, city, status, km in cursor.fetchall()}  # fmt: skip


def _site(status: str) -> str:
    return vocabulary.status_label(status).lower() if status else "status not stated"


def away(km: float, in_miles: bool) -> str:
    number = km / MILE_KM if in_miles else km
    unit = "mi" if in_miles else "km"
    return f"under 1 {unit}" if number < 1 else f"{number:,.0f} {unit}"


def place_note(place: Place) -> str:
    return f"Distances are from {place.label} to the middle of the city where a site lies."
