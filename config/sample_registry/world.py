"""The studies that the sample registry holds, and the one clock by which it dates them."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

Study = dict[str, Any]

STUDIES = Path(__file__).with_name("studies")
# Data of this moment is what lies in the folder; a day later than the newest post date in it.
BEGINNING = datetime(2026, 11, 20, 9, 0, 4, tzinfo=UTC)
_CONTACTS_WHILE = ("RECRUITING", "NOT_YET_RECRUITING", "UNKNOWN", "AVAILABLE", "TEMPORARILY_NOT_AVAILABLE")
_SITE_STATUS_WHILE = ("RECRUITING", "UNKNOWN", "AVAILABLE")


def load(folder: Path = STUDIES) -> list[Study]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("NCT*.json"))]


class World:
    """Studies by NCT ID. Every change moves `data_timestamp` and dates the study, as the registry does."""

    def __init__(self, studies: list[Study], clock: Callable[[], datetime]) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.data_timestamp = BEGINNING
        self.studies: dict[str, Study] = {}
        self.merged: dict[str, str] = {}
        for study in studies:
            self.studies[nct_id(study)] = copy.deepcopy(study)

    @property
    def today(self) -> date:
        return max(self.clock(), BEGINNING).date()

    def publish(self, at: datetime | None = None) -> None:
        """Releases a new data version. No two have the same timestamp, however fast they follow each other."""
        with self.lock:
            self.data_timestamp = max(at or self.clock(), self.data_timestamp + timedelta(seconds=1))

    def study(self, nct: str) -> Study:
        with self.lock:
            return copy.deepcopy(self.studies[nct])

    def edit(self, nct: str, change: Callable[[Study], Study | None], *, quietly: bool = False) -> None:
        """Applies a change that edits its copy or returns another. Quietly: without a new post date, as happens."""
        with self.lock:
            draft = self.study(nct)
            study = change(draft) or draft
            if not quietly:
                _date(study, self.today)
            _withdraw_people(study)
            self.studies[nct] = study
            self.publish()

    def add(self, study: Study) -> None:
        with self.lock:
            study = copy.deepcopy(study)
            status = study.setdefault("protocolSection", {}).setdefault("statusModule", {})
            status.setdefault("studyFirstPostDateStruct", {"date": self.today.isoformat(), "type": "ESTIMATED"})
            _date(study, self.today)
            self.studies[nct_id(study)] = study
            self.publish()

    def remove(self, nct: str) -> None:
        with self.lock:
            del self.studies[nct]
            self.publish()

    def merge(self, nct: str, into: str) -> None:
        """The first study goes; its id lives on as an alias of the other."""
        with self.lock:
            del self.studies[nct]
            aliases = self.studies[into]["protocolSection"]["identificationModule"].setdefault("nctIdAliases", [])
            aliases.append(nct)
            self.publish()


def nct_id(study: Study) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def aliases(study: Study) -> list[str]:
    return list(study["protocolSection"]["identificationModule"].get("nctIdAliases") or [])


def _date(study: Study, today: date) -> None:
    status = study.get("protocolSection", {}).get("statusModule")
    if not isinstance(status, dict):
        return
    status["statusVerifiedDate"] = today.strftime("%Y-%m")
    status["lastUpdateSubmitDate"] = (today - timedelta(days=2)).isoformat()
    # On the day of posting the registry calls its own date estimated.
    status["lastUpdatePostDateStruct"] = {"date": today.isoformat(), "type": "ESTIMATED"}


def _withdraw_people(study: Study) -> None:
    """The registry shows contacts and the status of sites only while they mean something."""
    protocol = study.get("protocolSection", {})
    status = (protocol.get("statusModule") or {}).get("overallStatus")
    places = protocol.get("contactsLocationsModule")
    if status is None or not isinstance(places, dict):
        return
    if status not in _CONTACTS_WHILE:
        places.pop("centralContacts", None)
    for site in places.get("locations") or []:
        if status not in _SITE_STATUS_WHILE and isinstance(site, dict):
            site.pop("status", None)
            site.pop("contacts", None)
