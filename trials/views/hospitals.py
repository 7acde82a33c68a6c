"""Hospitals and other sites: by country, state and city, and one with its trials."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trials import vocabulary
from trials.directory import reading
from trials.directory.reading import Area
from trials.models import Site, Town
from trials.pages.finder import Row
from trials.pages.site_map import NORTH, Dot, SiteMap
from trials.pages.structured import hospital_page
from trials.views.directory import about_entry, number_in, views_of

CITIES_PER_PAGE, SITES_PER_PAGE = 300, 200
COMMONEST = 30
SHOWN_CHANGES = 5
_TAKES_THE = re.compile(r"^(?:United |Netherlands|Philippines|Bahamas)|(?:Republic|Islands)\b")
_AREA = re.compile(r"[a-z0-9-]{1,100}(?:/[a-z0-9-]{1,100}){0,2}")


def index(request: HttpRequest) -> HttpResponse:
    """The countries and the largest sites, or those that fit `?q=`: two queries."""
    asked = request.GET.get("q", "").strip()[:100]
    rows = Site.objects.select_related("town")
    context: dict[str, Any] = {"q": asked}
    if asked:
        context["rows"] = reading.matching(rows, asked)
        context["is_cut"] = len(context["rows"]) >= reading.MOST_FOUND
    else:
        context["countries"] = reading.countries()
        context["rows"] = rows.listed().filter(open_count__gt=0).order_by("-open_count", "key")[:COMMONEST]
    return render(request, "trials/directory/hospitals.html", context)


def area(request: HttpRequest, area: str) -> HttpResponse:
    """`france`, `united-states/ohio` or `united-states/ohio/columbus`: three queries at most."""
    if not _AREA.fullmatch(area):
        raise Http404("No such place")
    country, _, rest = area.partition("/")
    if "/" in rest:
        return _city(request, area)
    return _state(request, country, rest) if rest else _country(request, country)


def _country(request: HttpRequest, country: str) -> HttpResponse:
    states = reading.states(country)
    if not states:
        raise Http404("No sites in such a country")
    if len(states) == 1 and not states[0].name:
        return _cities(request, states[0])
    name = Town.objects.filter(slug__startswith=f"{country}/").values_list("country", flat=True).first()
    return _place(request, name or "a country without a name", areas=states)


def _state(request: HttpRequest, country: str, state: str) -> HttpResponse:
    chosen = [each for each in reading.states(country) if each.path == f"{country}/{state}"]
    if not chosen:
        raise Http404("No sites in such a state")
    return _cities(request, chosen[0], country)


def _cities(request: HttpRequest, state: Area, country: str = "") -> HttpResponse:
    """Of a country whose records give no states, all of them: `country` is empty then."""
    number = number_in(request)
    skip = (number - 1) * CITIES_PER_PAGE
    towns = list(reading.towns(state.path)[skip : skip + CITIES_PER_PAGE + 1])
    if not towns:
        raise Http404("No such page of cities")
    up = [(towns[0].country, country)] if country else []
    name = state.name or (f"{towns[0].country}, state not stated" if country else towns[0].country)
    following = number + 1 if len(towns) > CITIES_PER_PAGE else 0
    return _place(request, name, up=up, towns=towns[:CITIES_PER_PAGE], number=number, next=following)


def _city(request: HttpRequest, path: str) -> HttpResponse:
    town = Town.objects.filter(slug=path, site_count__gt=0).first()
    if town is None:
        raise Http404("No sites in such a city")
    number = number_in(request)
    skip = (number - 1) * SITES_PER_PAGE
    ordered = town.sites.listed().order_by("-open_count", "-trial_count", "key")
    rows = list(ordered[skip : skip + SITES_PER_PAGE + 1])
    if not rows:
        raise Http404("No such page of sites")
    shown, following = rows[:SITES_PER_PAGE], number + 1 if len(rows) > SITES_PER_PAGE else 0
    name = town.city or "a city without a name"
    return _place(request, name, up=ways_up(town), town=town, rows=shown, number=number, next=following)


def _place(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    """`where` is the name as it reads after "in"."""
    where = f"the {name}" if _TAKES_THE.search(name) else name
    return render(request, "trials/directory/area.html", {"name": name, "where": where, **context})


def ways_up(town: Town) -> list[tuple[str, str]]:
    """The country and the state above a city: (name, path)."""
    country, state, _ = town.slug.split("/")
    states = [(town.state, f"{country}/{state}")] if town.state else []
    return [(town.country or "Country not stated", country), *states]


@about_entry(Site)
def page(request: HttpRequest, site: Site) -> HttpResponse:
    """Six queries, three on later pages."""
    number = number_in(request)
    found = reading.page(site, number)
    context: dict[str, Any] = {
        "entry": site,
        "town": site.town,
        "up": ways_up(site.town),
        "found": found,
        "rows": [Row(row.trial, here=here(row.status)) for row in found.rows],
    }
    if number == 1:
        context |= {
            "site_map": _map(site),
            "tried_for": reading.conditions(site),
            "changes": reading.changes(site, SHOWN_CHANGES),
            "json_ld": hospital_page(site, [row.trial for row in found.rows]),
        }
    return render(request, "trials/directory/hospital.html", context)


def here(status: str) -> str:
    """The site's own status, never the trial's: `Recruiting here`."""
    return f"{vocabulary.status_label(status)} here" if status else "The record does not say if it recruits here"


def _map(site: Site) -> SiteMap | None:
    if site.latitude is None or site.longitude is None or not -60 < site.latitude < NORTH:
        return None
    dot = Dot(round(site.longitude) + 180, NORTH - round(site.latitude), 4.0)
    return SiteMap([dot], f"{site.town}. The point is the middle of the city.")


data = views_of(Site)
