"""Which answer a request gets: the right one, or the one that a misbehaviour makes of it."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from config.sample_registry import data_faults, listing
from config.sample_registry.misbehaviour import PAGING, Misbehaviour, Misbehaviours, Reply
from config.sample_registry.pieces import select
from config.sample_registry.world import Study, World, aliases, nct_id

BASE = "/api/v2"
API_VERSION = "2.0.5"


class Answers:
    def __init__(self, world: World, misbehaviours: Misbehaviours) -> None:
        self.world = world
        self.misbehaviours = misbehaviours

    def answer(self, path: str, params: dict[str, str]) -> Reply:
        """Errors are plain text, as the registry's are."""
        try:
            with self.world.lock:
                return self._route(path, params)
        except listing.BadRequest as error:
            return _text(400, str(error))

    def _route(self, path: str, params: dict[str, str]) -> Reply:
        if path == f"{BASE}/version":
            return self._json({"apiVersion": API_VERSION, "dataTimestamp": self._data_version})
        if path == f"{BASE}/studies":
            return self._studies(params)
        if path == f"{BASE}/studies/enums":
            return self._json(_enums(self._visible()))
        if path.startswith(f"{BASE}/studies/"):
            return self._study(path.rsplit("/", 1)[1], params)
        if path == f"{BASE}/stats/size":
            return self._json(_sizes(self._visible()))
        return _text(404, "Not found")

    @property
    def _data_version(self) -> str:
        return self.world.data_timestamp.strftime("%Y-%m-%dT%H:%M:%S")

    def _visible(self) -> list[Study]:
        """What a search sees: copies, stamped with the data version as the registry does it every day."""
        studies = [copy.deepcopy(study) for study in self.world.studies.values()]
        for study in studies:
            derived = study.setdefault("derivedSection", {})
            derived.setdefault("miscInfoModule", {})["versionHolder"] = self._data_version[:10]
        for fault in self.misbehaviours.of_data():
            studies = data_faults.before_search(fault.name, studies, fault.options, self.world.today)
        return studies

    def _shaped(self, studies: list[Study]) -> list[Study]:
        for fault in self.misbehaviours.of_data():
            studies = data_faults.after_search(fault.name, studies, fault.options, self.world.today)
        return studies

    def _studies(self, params: dict[str, str]) -> Reply:
        fault = self.misbehaviours.take(PAGING, "studies") if "pageToken" in params else None
        visible = self._visible()
        found = listing.matching(visible, params)
        paths = listing.field_paths(visible, params)
        page = self._page(found, params, fault)
        body: dict[str, Any] = {"studies": [select(study, paths) for study in self._shaped(page.studies)]}
        if params.get("countTotal") == "true" and "pageToken" not in params:
            body["totalCount"] = page.total
        if page.next_token is not None:
            body["nextPageToken"] = page.next_token
        return self._json(body)

    def _page(self, found: list[Study], params: dict[str, str], fault: Misbehaviour | None) -> listing.Page:
        name, size = fault.name if fault else "", listing.page_size(params)
        if name == "token_refused":
            raise listing.BadRequest("`pageToken` is invalid or expired")
        if fault and name == "data_moves_mid_crawl":
            return self._moved(found, params, fault)
        if name == "duplicate_page" and params["pageToken"].endswith(listing.REPEATED):
            name = ""
        skip = {"duplicate_page": -size, "missing_page": size}.get(name, 0)
        page = listing.page(found, params, self._data_version, skip=skip)
        if name == "duplicate_page":
            return listing.Page(page.studies, params["pageToken"] + listing.REPEATED, page.total)
        if name == "same_token_forever":
            return listing.Page(page.studies, params["pageToken"], page.total)
        return page

    def _moved(self, found: list[Study], params: dict[str, str], fault: Misbehaviour) -> listing.Page:
        before = self._data_version
        self.world.publish()
        if not fault.options.get("tokens_survive"):
            return listing.page(found, params, self._data_version)  # Refused: the token is of the version before.
        slipped = listing.page(found, params, before, skip=1)
        if slipped.next_token is None:
            return slipped
        fresh = listing.token(listing.offset_of(params, before) + 1 + len(slipped.studies), params, self._data_version)
        return listing.Page(slipped.studies, fresh, slipped.total)

    def _study(self, asked: str, params: dict[str, str]) -> Reply:
        nct = listing.canonical_id(asked)
        visible = {nct_id(study): study for study in self._visible()}
        for study in visible.values():
            if nct in aliases(study):
                return Reply(301, b"", "text/plain", {"Location": f"{BASE}/studies/{nct_id(study)}"})
        if nct not in visible:
            return _text(404, f"NCT number {nct} not found")
        if unknown := [name for name in params if name not in ("format", "markupFormat", "fields")]:
            raise listing.BadRequest(f"`{unknown[0]}` is unknown parameter")
        paths = listing.field_paths(list(visible.values()), params)
        return self._json(select(self._shaped([visible[nct]])[0], paths))

    def _json(self, value: Any) -> Reply:
        reformat = next((fault for fault in self.misbehaviours.of_data() if fault.name == "reformat"), None)
        spread = reformat is not None and "whitespace" in reformat.options.get("kinds", data_faults.REFORMATS)
        style: dict[str, Any] = {"indent": 3} if spread else {"ensure_ascii": False, "separators": (",", ":")}
        body = json.dumps(value, **style).encode()
        return Reply(200, body, headers={"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'})


def _text(status: int, message: str) -> Reply:
    return Reply(status, message.encode(), "text/plain")


def _sizes(studies: list[Study]) -> dict[str, Any]:
    sizes = sorted((len(json.dumps(study)), nct_id(study)) for study in studies)
    total = sum(size for size, _ in sizes)
    largest = [{"id": nct, "sizeBytes": size} for size, nct in reversed(sizes[-5:])]
    return {"totalStudies": len(sizes), "averageSizeBytes": total // max(1, len(sizes)), "largestStudies": largest}


def _enums(studies: list[Study]) -> list[dict[str, Any]]:
    values = [{"value": status, "legacyValue": status.replace("_", " ").title()} for status in sorted(listing.STATUSES)]
    return [{"type": "Status", "pieces": ["OverallStatus", "LastKnownStatus"], "values": values}]
