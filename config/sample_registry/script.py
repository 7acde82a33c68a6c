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
    """One thing that happens to one study. Without an edit, its record comes whole from `later/`."""

    nct_id: str
    tells: str
    edit: Edit | None

    def apply(self, world: World) -> None:
        if self.edit is None:
            world.add(json.loads((LATER / f"{self.nct_id}.json").read_text(encoding="utf-8")))
        else:
            world.edit(self.nct_id, self.edit)


def _module(study: Study, name: str) -> dict[str, Any]:
    found: dict[str, Any] = study["protocolSection"].setdefault(name, {})
    return found


def _site_opens(city: str) -> Edit:
    def edit(study: Study) -> None:
        for site in _module(study, "contactsLocationsModule")["locations"]:
            if site["city"] == city:
                site["status"] = "RECRUITING"

    return edit


def _site_joins(**site: str) -> Edit:
    def edit(study: Study) -> None:
        _module(study, "contactsLocationsModule")["locations"].append(dict(site))

    return edit


def _enrollment(count: int) -> Edit:
    def edit(study: Study) -> None:
        _module(study, "designModule")["enrollmentInfo"]["count"] = count

    return edit


def _ends(primary: str, whole: str) -> Edit:
    def edit(study: Study) -> None:
        for name, date in (("primaryCompletionDateStruct", primary), ("completionDateStruct", whole)):
            _module(study, "statusModule")[name] = {"date": date, "type": "ESTIMATED"}

    return edit


def _status(status: str, why: str | None = None) -> Edit:
    def edit(study: Study) -> None:
        module = _module(study, "statusModule")
        module["overallStatus"] = status
        module.pop("lastKnownStatus", None)
        module.pop("whyStopped", None)
        if why is not None:
            module["whyStopped"] = why

    return edit


def _opens(start: str) -> Edit:
    """Recruiting begins: the start is now a fact, and every site has a status."""

    def edit(study: Study) -> None:
        _status("RECRUITING")(study)
        _module(study, "statusModule")["startDateStruct"] = {"date": start, "type": "ACTUAL"}
        for site in _module(study, "contactsLocationsModule")["locations"]:
            site["status"] = "RECRUITING"

    return edit


def _criterion(old: str, new: str) -> Edit:
    def edit(study: Study) -> None:
        module = _module(study, "eligibilityModule")
        module["eligibilityCriteria"] = module["eligibilityCriteria"].replace(old, new)

    return edit


def _turns(one: str, other: str) -> Edit:
    """A criterion that goes back and forth."""

    def edit(study: Study) -> None:
        module = _module(study, "eligibilityModule")
        text = module["eligibilityCriteria"]
        module["eligibilityCriteria"] = text.replace(other, one) if other in text else text.replace(one, other)

    return edit


def _minimum_age(age: str) -> Edit:
    return lambda study: _module(study, "eligibilityModule").update(minimumAge=age)


def _results(day: str) -> Edit:
    def edit(study: Study) -> None:
        _module(study, "statusModule")["resultsFirstPostDateStruct"] = {"date": day, "type": "ACTUAL"}
        study["resultsSection"] = {"moreInfoModule": {"certainAgreement": {"piSponsorEmployee": False}}}
        study["hasResults"] = True

    return edit


def _swings(module: str, key: str, one: Any, other: Any) -> Edit:
    """A value that goes back and forth."""

    def edit(study: Study) -> None:
        part = _module(study, module)
        part[key] = other if part.get(key) == one else one

    return edit


_COUNTS = ({"count": 320, "type": "ESTIMATED"}, {"count": 326, "type": "ESTIMATED"})
_KEYWORDS = (["return to work"], ["return to work", "fatigue"])
_SUMMARIES = (
    "Exercise eases pain in worn knees, but many people stop after a few weeks. This study tests a tablet that shows "
    "exercises and cheers people on (「がんばりましょう」). The comparison group gets the same exercises on paper.",
    "Exercise eases pain in worn knees, but many people stop after some weeks. This study tests a tablet that shows "
    "exercises and cheers people on (「がんばりましょう」). The comparison group gets the same exercises on paper.",
)

# The first twelve come quickly. Three of them are new studies for the conditions of the three trials that never change.
SCRIPT: tuple[Step, ...] = (
    Step("NCT99000001", "the Houston site opens", _site_opens("Houston")),
    Step("NCT99000031", "a new study of stomach cancer is registered", None),
    Step("NCT99000004", "the planned enrollment grows from 240 to 320", _enrollment(320)),
    Step("NCT99000003", "recruiting begins", _opens("2026-11-18")),
    Step("NCT99000028", "the expected end moves 8 months later", _ends("2028-04", "2031-04")),
    Step(
        "NCT99000001",
        "people who are somewhat weaker can join",
        _criterion("ECOG performance status 0 or 1", "ECOG performance status 0, 1 or 2"),
    ),
    Step("NCT99000008", "recruiting ends", _status("ACTIVE_NOT_RECRUITING")),
    Step("NCT99000032", "a new study of solid tumors is registered", None),
    Step("NCT99000026", "results are posted", _results("2026-11-20")),
    Step(
        "NCT99000025",
        "the study stops early",
        _status("TERMINATED", "Too few people could come to lessons twice a week."),
    ),
    Step(
        "NCT99000027",
        "a site joins",
        _site_joins(
            facility="Cumberland Sleep Clinic",
            status="RECRUITING",
            city="Memphis",
            state="Tennessee",
            country="United States",
        ),
    ),
    Step("NCT99000033", "a new study of pancreatic cancer is registered", None),
    Step("NCT99000015", "the pause ends", _status("RECRUITING")),
    Step("NCT99000017", "the withheld record is published", None),
    Step("NCT99000002", "younger women can join", _minimum_age("60 Years")),
    Step("NCT99000010", "the sponsor confirms that the study is over", _status("COMPLETED")),
    Step("NCT99000018", "expanded access ends", _status("NO_LONGER_AVAILABLE")),
)
# Half of these are news for who follows the trial, so that an alert arrives also in a demo that has run for long.
TIDES: tuple[Step, ...] = (
    Step("NCT99000004", "the limit of blood sugar swings", _turns("HbA1c of 7.5 % to 10 %", "HbA1c of 7.5 % to 11 %")),
    Step("NCT99000007", "a keyword comes and goes", _swings("conditionsModule", "keywords", *_KEYWORDS)),
    Step("NCT99000027", "who works at night swings", _turns("* Shift work", "* Shift work in the last 3 months")),
    Step("NCT99000011", "a word of the summary changes", _swings("descriptionModule", "briefSummary", *_SUMMARIES)),
    Step("NCT99000028", "the limit of PSA swings", _turns("0.2 to 2.0 ng/mL", "0.2 to 1.5 ng/mL")),
    Step("NCT99000004", "enrollment swings by a few", _swings("designModule", "enrollmentInfo", *_COUNTS)),
)
