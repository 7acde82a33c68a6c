"""Trials that stand on the pages of their treatments and hospitals."""

from collections.abc import Sequence
from typing import Any

from tests.factories import TrialFactory, study
from trials.directory import due, filling
from trials.models import Location, Trial
from trials.records import parse


def place(facility: str, *, status: str = "RECRUITING", city: str = "Boston", state: str = "Massachusetts",
          country: str = "United States") -> dict[str, Any]:  # fmt: skip
    row = {"facility": facility, "city": city, "state": state, "country": country}
    return {**row, "geoPoint": {"lat": 42.35843, "lon": -71.05977}, **({"status": status} if status else {})}


def raw_study(nct_id: str, *, status: str = "RECRUITING", treatments: Sequence[str] | None = None,
              sites: Sequence[dict[str, Any]] | None = None, **modules: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    raw = study(nct_id, **{"statusModule": {"overallStatus": status}, **modules})
    protocol = raw["protocolSection"]
    if treatments is not None:
        named = [{"type": "DRUG", "name": name} for name in treatments]
        protocol["armsInterventionsModule"] = {"interventions": named}
    if sites is not None:
        protocol["contactsLocationsModule"]["locations"] = list(sites)
    return raw


def listed(nct_id: str, *, refresh: bool = True, trial: dict[str, Any] | None = None, **fields: Any) -> Trial:
    """A stored trial, marked, and looked at unless `refresh=False`; `trial` gives columns, the others the study."""
    raw = raw_study(nct_id, **fields)
    record = parse(raw)
    row = TrialFactory(nct_id=nct_id, status=record.status, document=raw, **(trial or {}))
    locate(row, raw)
    due.mark([row.pk])
    if refresh:
        filling.refresh()
    return row


def locate(trial: Trial, raw: dict[str, Any]) -> None:
    Location.objects.bulk_create(
        Location(trial=trial, position=position, facility=site.facility, status=site.status, city=site.city,
                 state=site.state, country=site.country, latitude=site.latitude, longitude=site.longitude)
        for position, site in enumerate(parse(raw).sites)
    )  # fmt: skip
