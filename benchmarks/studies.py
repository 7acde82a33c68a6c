"""Any number of studies, made by recombining the real records (or the sample registry's) with fresh ids."""

import copy
import gzip
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
_PARTS = ("descriptionModule", "eligibilityModule", "outcomesModule", "armsInterventionsModule",
          "contactsLocationsModule", "designModule")  # fmt: skip
"""Modules that a made study may take from another record, so that no two are alike."""


def source_studies() -> list[dict[str, Any]]:
    """The real records that TRIAL_RECORDS_DIR names or that lie beside the project, else the sample studies."""
    folder = Path(os.environ.get("TRIAL_RECORDS_DIR") or ROOT.parent / "shared" / "registry")
    if (file := folder / "studies.jsonl.gz").is_file():
        with gzip.open(file, "rb") as lines:
            return [msgspec.json.decode(line) for line in lines]
    return [json.loads(path.read_text()) for path in sorted((ROOT / "config/sample_registry/studies").glob("*.json"))]


def make_studies(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """The same `count` studies for the same seed, ids NCT10000000 and up."""
    chance = random.Random(seed)
    sources = [_light(study) for study in source_studies()]
    for number in range(count):
        base, other = sources[number % len(sources)], chance.choice(sources)
        yield _mixed(base, other, f"NCT{10_000_000 + number:08d}", chance)


def _light(study: dict[str, Any]) -> dict[str, Any]:
    """Without results, as the sync asks for it; the floor does not store them either."""
    return {key: value for key, value in study.items() if key not in ("resultsSection",)}


def _mixed(base: dict[str, Any], other: dict[str, Any], nct_id: str, chance: random.Random) -> dict[str, Any]:
    protocol = dict(base["protocolSection"])
    identification = {key: value for key, value in protocol["identificationModule"].items() if key != "nctIdAliases"}
    protocol["identificationModule"] = {**identification, "nctId": nct_id}
    part = chance.choice(_PARTS)
    if part in other["protocolSection"] and part in protocol:
        protocol[part] = other["protocolSection"][part]
    return {**base, "protocolSection": protocol}


_SHUFFLED = (("conditionsModule", "keywords"), ("contactsLocationsModule", "locations"),
             ("armsInterventionsModule", "interventions"), ("outcomesModule", "secondaryOutcomes"))  # fmt: skip


def same_in_meaning(study: dict[str, Any], seed: int) -> dict[str, Any]:
    """The study as a later release serves it unchanged: version holder moved, lists shuffled, browse leaves dropped."""
    chance = random.Random(seed)
    again = copy.deepcopy(study)
    derived = again.setdefault("derivedSection", {})
    derived["miscInfoModule"] = {**derived.get("miscInfoModule", {}), "versionHolder": "2026-11-20"}
    for module in derived.values():
        module.pop("browseLeaves", None)
        module.pop("browseBranches", None)
    protocol = again["protocolSection"]
    for module, key in _SHUFFLED:
        if isinstance(values := protocol.get(module, {}).get(key), list):
            chance.shuffle(values)
    return again


def changed(study: dict[str, Any], seed: int) -> dict[str, Any]:
    """The study after a real update: a field that readers care for moved, and the post date with it."""
    chance = random.Random(seed)
    again = copy.deepcopy(study)
    status = again["protocolSection"]["statusModule"]
    status["lastUpdatePostDateStruct"] = {"date": "2026-11-19", "type": "ACTUAL"}
    match chance.randrange(3):
        case 0:
            status["overallStatus"] = "COMPLETED" if status.get("overallStatus") != "COMPLETED" else "TERMINATED"
        case 1:
            status["completionDateStruct"] = {"date": f"20{chance.randrange(30, 40)}-05", "type": "ESTIMATED"}
        case _:
            design = again["protocolSection"].setdefault("designModule", {})
            design["enrollmentInfo"] = {"count": chance.randrange(2000, 4000), "type": "ESTIMATED"}
    return again
