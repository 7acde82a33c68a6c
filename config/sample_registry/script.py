"""The written edits, in order. The first dozen are news of every kind; what follows in `TIDES` comes and goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.sample_registry.world import Study, World

LATER = Path(__file__).with_name("later")
Edit = Callable[[Study], None]


@dataclass(frozen=True)
class Step:
    """One thing that happens to one study. Without an edit, the study is registered: it comes from `later/`."""

    nct_id: str
    tells: str
    edit: Edit | None

    def apply(self, world: World) -> None:
        if self.edit is None:
            world.add(json.loads((LATER / f"{self.nct_id}.json").read_text(encoding="utf-8")))
        else:
            world.edit(self.nct_id, self.edit)


def _protocol(study: Study, module: str) -> dict[str, Any]:
    return dict.setdefault(study["protocolSection"], module, {})


def _site_opens(city: str) -> Edit:
    def edit(study: Study) -> None:
        for site in _protocol(study, "contactsLocationsModule")["locations"]:
            if site["city"] == city:
                site["status"] = "RECRUITING"

    return edit


def _site_joins(site: dict[str, Any]) -> Edit:
    def edit(study: Study) -> None:
        _protocol(study, "contactsLocationsModule")["locations"].append(dict(site))

    return edit


def _enrollment(count: int, kind: str = "ESTIMATED") -> Edit:
    def edit(study: Study) -> None:
        _protocol(study, "designModule")["enrollmentInfo"] = {"count": count, "type": kind}

    return edit


def _ends(date: str, kind: str = "ESTIMATED") -> Edit:
    def edit(study: Study) -> None:
        for name in ("primaryCompletionDateStruct", "completionDateStruct"):
            _protocol(study, "statusModule")[name] = {"date": date, "type": kind}

    return edit


def _status(status: str, why: str | None = None) -> Edit:
    def edit(study: Study) -> None:
        module = _protocol(study, "statusModule")
        module["overallStatus"] = status
        if why is not None:
            module["whyStopped"] = why

    return edit


def _opens(start: str) -> Edit:
    """Recruiting begins: the start is now actual, and every site has a status."""

    def edit(study: Study) -> None:
        _status("RECRUITING")(study)
        _protocol(study, "statusModule")["startDateStruct"] = {"date": start, "type": "ACTUAL"}
        for site in _protocol(study, "contactsLocationsModule")["locations"]:
            site["status"] = "RECRUITING"

    return edit


def _criterion(old: str, new: str) -> Edit:
    def edit(study: Study) -> None:
        module = _protocol(study, "eligibilityModule")
        module["eligibilityCriteria"] = module["eligibilityCriteria"].replace(old, new)

    return edit


def _results(day: str) -> Edit:
    def edit(study: Study) -> None:
        _protocol(study, "statusModule")["resultsFirstPostDateStruct"] = {"date": day, "type": "ACTUAL"}
        study["resultsSection"] = {"moreInfoModule": {"certainAgreement": {"piSponsorEmployee": False}}}
        study["hasResults"] = True

    return edit


def _swings(module: str, key: str, one: Any, other: Any) -> Edit:
    """A value that goes back and forth."""

    def edit(study: Study) -> None:
        part = _protocol(study, module)
        part[key] = other if part.get(key) == one else one

    return edit


SCRIPT: tuple[Step, ...] = (Step("NCT99000001", "a site that was not yet recruiting opens", _site_opens("Houston")),)
TIDES: tuple[Step, ...] = (
    Step(
        "NCT99000004",
        "the estimated enrollment swings",
        _swings(
            "designModule", "enrollmentInfo", {"count": 240, "type": "ESTIMATED"}, {"count": 246, "type": "ESTIMATED"}
        ),
    ),
)
