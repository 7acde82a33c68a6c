"""A trial's sites and contacts for its page: grouped, shortened, and masked. Pure."""

import re
from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from trials import vocabulary
from trials.masking import masked
from trials.records import Contact, Site, TrialRecord
from trials.text import unescape

FIRST = 10
MOST = 450
"""Sites that a page holds, most of them folded away. Of more, the page has the first ten and counts by country, and
the others have pages of their own: the largest records list tens of thousands."""

Pages = Mapping[int, str]
"""Place in the record -> name of the page in the directory, where that has other trials too."""
NO_PAGES: Pages = {}


class Place(NamedTuple):
    """`key` asks for the site's contacts; "" where it has none. `status` is "" where the registry gives none. `page`
    names the hospital's own page, where it has other trials too."""

    key: str
    facility: str
    status: str
    address: str
    has_phone: bool
    has_email: bool
    page: str = ""


class State(NamedTuple):
    name: str
    places: list[Place]


class Country(NamedTuple):
    name: str
    states: list[State]


class Person(NamedTuple):
    key: str
    role: str
    has_phone: bool
    has_email: bool


def split(record: TrialRecord, pages: Pages = NO_PAGES) -> tuple[list[Country], list[Country], int]:
    """-> the first ten sites and the others, both by country and state, and how many the others are. Of too many
    others there are none here: `by_country` counts them."""
    ordered = in_order(record)
    rest = ordered[FIRST:] if len(ordered) > FIRST + 2 else []
    first = ordered[: len(ordered) - len(rest)]
    others = grouped(record, rest, pages) if len(ordered) <= MOST else []
    return grouped(record, first, pages), others, len(rest)


def in_order(record: TrialRecord) -> list[int]:
    """The places of the sites in the record, by country, state, town and name."""
    return sorted(range(len(record.sites)), key=lambda i: _order(record.sites[i], i))


def _order(site: Site, index: int) -> tuple[str, str, str, str, int]:
    return (site.country, site.state, site.city, site.facility, index)


def grouped(record: TrialRecord, indexes: list[int], pages: Pages = NO_PAGES) -> list[Country]:
    countries = []
    for country, members in groupby(indexes, key=lambda i: record.sites[i].country):
        in_country = list(members)
        states = [
            State(state, [place(record.sites[i], i, pages.get(i, "")) for i in those])
            for state, those in groupby(in_country, key=lambda i: record.sites[i].state)
        ]
        countries.append(Country(country, states))
    return countries


def place(site: Site, index: int, page: str = "") -> Place:
    reachable = [c for c in site.contacts if c.phone or c.email]
    return Place(
        f"site-{index}" if reachable else "",
        masked(unescape(site.facility)) or "A site without a name",
        site.status,
        vocabulary.place_label("", site.city, site.state, site.zip, site.country),
        any(c.phone for c in reachable),
        any(c.email for c in reachable),
        page,
    )


def people(record: TrialRecord) -> list[Person]:
    """The study's own contacts. The registry lists some without phone and email: nothing to show for those."""
    return [
        Person(f"study-{index}", "Contact", bool(c.phone), bool(c.email))
        for index, c in enumerate(record.central_contacts)
        if c.phone or c.email
    ]


def has_contacts(record: TrialRecord) -> bool:
    everyone = (*record.central_contacts, *(c for site in record.sites for c in site.contacts))
    return any(c.phone or c.email for c in everyone)


def contacts_for(record: TrialRecord, key: str) -> tuple[str, tuple[Contact, ...]] | None:
    """What `key` stands for, by name, and its contacts in the current record; None for a key that fits nothing."""
    match = re.fullmatch(r"(study|site)-(\d{1,6})", key)
    if not match:
        return None
    index = int(match[2])
    if match[1] == "study" and index < len(record.central_contacts):
        return "the study", (record.central_contacts[index],)
    if match[1] == "site" and index < len(record.sites):
        site = record.sites[index]
        return masked(unescape(site.facility)) or "this site", tuple(c for c in site.contacts if c.phone or c.email)
    return None


CALLING = {
    "NOT_YET_RECRUITING": "This trial has not opened yet. You can ask when it will.",
    "ENROLLING_BY_INVITATION": "Only people whom the team invites can join. Calling will rarely help.",
    "ACTIVE_NOT_RECRUITING": "This trial takes no new people now. Its team can still answer those who take part.",
    "SUSPENDED": "This trial is paused. Its team may know if and when it goes on.",
    "TERMINATED": "This trial stopped early and will not start again. Nobody can join it.",
    "WITHDRAWN": "This trial was called off before anyone joined. Nobody can join it.",
    "COMPLETED": "This trial has finished. Nobody can join it now.",
    "UNKNOWN": "Nobody has confirmed for two years or more how this trial stands. Ask before you make plans.",
    "WITHHELD": "The record hides these details until the device is cleared.",
    "NO_LONGER_AVAILABLE": "This way to get the treatment has closed.",
    "TEMPORARILY_NOT_AVAILABLE": "This way to get the treatment is paused.",
    "APPROVED_FOR_MARKETING": "The treatment is approved now. Ask a doctor if it fits you.",
    "AVAILABLE": "Your doctor asks for this treatment on your behalf. Talk to your doctor first.",
}
"""What calling means for each status but recruiting."""
