"""The real studies that TRIAL_RECORDS_DIR names (or that lie beside the project): read there, never copied here."""

import gzip
import os
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trials.records import TrialRecord, parse

_BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "registry"
_NAMED = os.environ.get("TRIAL_RECORDS_DIR", "")
_FOLDER = Path(_NAMED) if _NAMED else _BESIDE
needs_records = pytest.mark.skipif(
    not _NAMED and not _BESIDE.is_dir(), reason="TRIAL_RECORDS_DIR is not set: no real records to read"
)


def records_dir() -> Path:
    return _FOLDER.resolve()


def _lines(name: str) -> list[Any]:
    with gzip.open(records_dir() / name, "rb") as lines:
        return [msgspec.json.decode(line) for line in lines]


@cache
def real_studies() -> tuple[dict[str, Any], ...]:
    return tuple(_lines("studies.jsonl.gz"))


@cache
def real_records() -> tuple[TrialRecord, ...]:
    return tuple(parse(study) for study in real_studies())


@cache
def version_pairs() -> tuple[tuple[dict[str, Any], dict[str, Any]], ...]:
    """Each two successive versions of one study: rows with `nctId`, `mapped_from_xml`, `study`."""
    by_trial: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _lines("versions.jsonl.gz"):
        by_trial[row["nctId"]].append(row)
    return tuple((old, new) for rows in by_trial.values() for old, new in zip(rows, rows[1:], strict=False))
