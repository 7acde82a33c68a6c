"""What happened to a trial's sites. Pure.

The registry gives sites no ids: they are matched by name and place, and a site that was only renamed or whose address
was put right is the same site. A status that appears or vanishes is no news: the registry shows statuses of sites only
while the study recruits, and an absent one means "not served". So does a list of sites that is suddenly empty.
"""

import re
from collections.abc import Callable
from itertools import groupby
from typing import Any

from trials.differences import Difference, capped, hashed, pair_alike, pair_off
from trials.records import Site
from trials.text_match import key, likeness

OPEN = frozenset({"RECRUITING", "AVAILABLE"})
_NAMELESS = re.compile(
    r"\b(?:research|investigat\w+|study|clinical|recruiting|trial|pfizer|novartis) (?:trial |study )?sites?\b"
    r"|^\W*(?:research|investigation\w*|study) (?:cent(?:er|re)|facility)\W*\d*\W*$"
    r"|local institution|for (?:additional |more )?information|reference id|\b(?:call|contact|site \d+|site number)\b"
    r"|^\W*\w{0,8}\d[\W\d]*$"  # a bare code, like As0006 125
    r"|\d{3}[-) ]+\d{3}[-. ]\d{3,}|@",
    re.IGNORECASE,
)
_LONGEST_NAME = 120
Pair = tuple[Site, Site]


def site_differences(
    old: tuple[Site, ...], new: tuple[Site, ...], *, has_status_changed: bool = False
) -> list[Difference]:
    """`has_status_changed`: whether the study's own status did; then a site's status that appears is no news."""
    if old == new or not new:
        return []
    pairs, gone, come = match_sites(sorted(old, key=_order), sorted(new, key=_order))
    may_appear = not has_status_changed and any(site.status for site in old)
    found = [d for pair in pairs if (d := _status_difference(*pair, may_appear=may_appear))]
    found += [Difference(_field(site), "site_removed", facts(site), None, site_name(site)) for site in gone]
    found += [Difference(_field(site), "site_added", None, facts(site), site_name(site)) for site in come]
    kinds = groupby(sorted(found, key=lambda d: d.kind), key=lambda d: d.kind)
    return [d for _, group in kinds for d in capped(list(group))]


def facts(site: Site) -> dict[str, Any]:
    """What a follower of a place needs. Never contacts."""
    return {
        "facility": site.facility, "status": site.status, "city": site.city, "state": site.state, "zip": site.zip,
        "country": site.country, "latitude": site.latitude, "longitude": site.longitude,
    }  # fmt: skip


def site_name(site: Site) -> str:
    """`NIH Clinical Center, Bethesda`; by its place alone where the record gives "Research Site" or a phone number."""
    name = "" if is_nameless(site.facility) else site.facility
    place = (site.city, site.state or site.country) if not name else (site.city or site.state or site.country,)
    return ", ".join(part for part in (name, *place) if part)


def is_nameless(facility: str) -> bool:
    return not facility or len(facility) > _LONGEST_NAME or bool(_NAMELESS.search(facility))


def match_sites(old: list[Site], new: list[Site]) -> tuple[list[Pair], list[Site], list[Site]]:
    """Pairs of the same site, then sites gone and sites come. The surest keys first."""
    pairs: list[Pair] = []
    for match_key in (_exactly, _but_status, _name_and_city, _name_and_zip, _name_and_city_anywhere):
        found, old, new = pair_off(old, new, match_key)
        pairs += found
        if not old or not new:
            return pairs, old, new
    for place_key, least in ((_zip, 0.3), (_city, 0.5)):
        found, old, new = _renamed(old, new, place_key, least)
        pairs += found
    return pairs, old, new


def _renamed(
    old: list[Site], new: list[Site], place_key: Callable[[Site], Any], least: float
) -> tuple[list[Pair], list[Site], list[Site]]:
    """Same place, similar name; one site left on either side of one postal code counts whatever its names."""
    pairs: list[Pair] = []
    for place in dict.fromkeys(place_key(site) for site in old):
        if place is None:
            continue
        before, after = ([site for site in sites if place_key(site) == place] for sites in (old, new))
        is_alone = place_key is _zip and len(before) == len(after) == 1
        found, _, _ = pair_alike(before, after, _likeness, 0.0 if is_alone else least)
        pairs += found
    return pairs, _without(old, [a for a, _ in pairs]), _without(new, [b for _, b in pairs])


def _likeness(old: Site, new: Site) -> float:
    return likeness(old.facility, new.facility)


def _without(sites: list[Site], taken: list[Site]) -> list[Site]:
    left = list(sites)
    for site in taken:
        left.remove(site)
    return left


def _status_difference(old: Site, new: Site, *, may_appear: bool) -> Difference | None:
    if old.status == new.status or not new.status:
        return None
    if not old.status and not (may_appear and new.status in OPEN):
        return None
    kind = "site_opened" if new.status in OPEN else "site_closed" if old.status in OPEN else "site_status"
    return Difference(_field(new), kind, facts(old), facts(new), site_name(new))


def _order(site: Site) -> tuple[str, ...]:
    return (site.country, site.state, site.city, site.facility, site.zip, site.status)


def _field(site: Site) -> str:
    return hashed("site", *(str(part) for part in _but_status(site)))


def _exactly(site: Site) -> Any:
    return (site.status, *_but_status(site))


def _but_status(site: Site) -> Any:
    return (key(site.facility), key(site.city), key(site.state), _short_zip(site), site.country)


def _name_and_city(site: Site) -> Any:
    return (key(site.facility), key(site.city), site.country) if site.facility and site.city else None


def _name_and_zip(site: Site) -> Any:
    return (key(site.facility), _short_zip(site), site.country) if site.facility and site.zip else None


def _name_and_city_anywhere(site: Site) -> Any:
    """The country was put right. Nameless sites need their postal code too: there are many cities named Cambridge."""
    if not site.facility or not site.city:
        return None
    return (key(site.facility), key(site.city), _short_zip(site) if is_nameless(site.facility) else "")


def _zip(site: Site) -> Any:
    return (site.country, _short_zip(site)) if site.zip else None


def _city(site: Site) -> Any:
    return (site.country, key(site.city)) if site.city else None


def _short_zip(site: Site) -> str:
    """US codes without their last four digits: registrants add and drop them."""
    code = re.sub(r"[^0-9a-z]", "", site.zip.casefold())
    return code[:5] if site.country == "United States" else code
