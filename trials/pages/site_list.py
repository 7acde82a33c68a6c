"""The sites of a trial with too many for one page: by country, in pages, nearest first. Pure but for the gazetteer."""

from collections import Counter
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.text import slugify

from trials.pages import sites
from trials.pages.nearest import away_label, by_distance
from trials.pages.sites import NO_PAGES, Country, Pages, State
from trials.places import Place
from trials.records import TrialRecord

PER_PAGE = 100
NEAREST = 10


class CountrySites(NamedTuple):
    name: str
    slug: str
    sites: int


class SitePage(NamedTuple):
    """One page of the list; `country` is None where all are shown. `total` counts what the pages hold together."""

    countries: list[Country]
    country: CountrySites | None
    total: int
    page: int
    pages: int

    def address(self, page: int) -> str:
        parameters = {"country": self.country.slug} if self.country else {}
        return "?" + urlencode({**parameters, **({"page": str(page)} if page > 1 else {})})

    @property
    def previous(self) -> str:
        return self.address(self.page - 1) if self.page > 1 else ""

    @property
    def next(self) -> str:
        return self.address(self.page + 1) if self.page < self.pages else ""


def by_country(record: TrialRecord) -> list[CountrySites]:
    """The countries with their number of sites, most first."""
    counted = Counter(site.country for site in record.sites)
    rows = [CountrySites(name or "Country not stated", slugify(name) or "none", count)
            for name, count in counted.items()]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.sites, row.name))


def nearest_to(record: TrialRecord, place: Place, directory: Pages = NO_PAGES) -> Country:
    """The nearest sites, with how far they are before their address; those that may be open come first."""
    shown = []
    for index, km in by_distance(record, place)[:NEAREST]:
        site = sites.place(record.sites[index], index, directory.get(index, ""))
        shown.append(site._replace(address=" · ".join(filter(None, (away_label(km, place), site.address)))))
    return Country(place.label, [State("", shown)])


def page_of(record: TrialRecord, country: str, number: int, directory: Pages = NO_PAGES) -> SitePage | None:
    """Page `number` of all sites, or of those in the country with this slug; None where there is no such page."""
    chosen = next((row for row in by_country(record) if row.slug == country), None)
    if country and chosen is None:
        return None
    indexes = [index for index in sites.in_order(record) if not chosen or _is_in(record, index, chosen.slug)]
    pages = max(1, -(-len(indexes) // PER_PAGE))
    if not 1 <= number <= pages:
        return None
    shown = indexes[(number - 1) * PER_PAGE : number * PER_PAGE]
    return SitePage(sites.grouped(record, shown, directory), chosen, len(indexes), number, pages)


def _is_in(record: TrialRecord, index: int, slug: str) -> bool:
    return (slugify(record.sites[index].country) or "none") == slug
