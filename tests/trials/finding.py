"""Trials that a search can find."""

from typing import Any

from tests.factories import TrialFactory, study
from trials import search_index
from trials.models import Location, Trial
from trials.records import parse


def findable(nct_id: str, **modules: dict[str, Any]) -> Trial:
    """A stored trial with its sites and its search row; keywords as for factories.study()."""
    raw = study(nct_id, **modules)
    record = parse(raw)
    trial = TrialFactory(
        nct_id=nct_id, brief_title=record.brief_title, status=record.status, document=raw,
        countries=sorted({site.country for site in record.sites}), phases=list(record.phases),
    )  # fmt: skip
    Location.objects.bulk_create(
        Location(trial=trial, position=position, facility=site.facility, status=site.status, city=site.city,
                 state=site.state, country=site.country, latitude=site.latitude, longitude=site.longitude)
        for position, site in enumerate(record.sites)
    )  # fmt: skip
    search_index.refresh([trial.pk])
    return trial


def site(city: str, latitude: float, longitude: float, status: str = "RECRUITING", country: str = "United States",
         state: str = "") -> dict[str, Any]:  # fmt: skip
    point = {"lat": latitude, "lon": longitude}
    row = {"facility": f"{city} Hospital", "city": city, "state": state, "country": country, "geoPoint": point}
    return {**row, "status": status} if status else row
