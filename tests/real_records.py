"""The registry's real records, which are not part of the project: TRIAL_RECORDS_DIR names their folder.

Without the variable, ../shared/registry beside the project is taken, and tests that need the records are skipped with
a reason where it does not exist. With the variable set, a missing file is an error.
"""

import functools
import gzip
import itertools
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trials.records import TrialRecord, parse

VARIABLE = "TRIAL_RECORDS_DIR"
DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "registry"
FILES = ("studies.jsonl.gz", "versions.jsonl.gz")


def folder() -> Path:
    return Path(os.environ.get(VARIABLE) or DEFAULT)


def records_dir() -> Path:
    return folder().resolve()


def is_absent() -> bool:
    return not os.environ.get(VARIABLE) and not DEFAULT.is_dir()


def _lines(name: str) -> list[Any]:
    path = folder() / name
    if not path.is_file():
        raise FileNotFoundError(f"{VARIABLE} is {folder()}, but {name} is not in it")
    decode = msgspec.json.Decoder().decode
    with gzip.open(path, "rb") as file:
        return [decode(line) for line in file]


@functools.cache
def studies() -> tuple[Any, ...]:
    """Raw studies as the API serves them. Shared between tests: do not change them."""
    return tuple(_lines("studies.jsonl.gz"))


@functools.cache
def real_records() -> tuple[TrialRecord, ...]:
    return tuple(parse(study) for study in studies())


@functools.cache
def versions() -> tuple[Any, ...]:
    """Successive captures {nctId, mapped_from_xml, study, lastUpdatePostDate}, in order. Do not change them."""
    return tuple(_lines("versions.jsonl.gz"))


def pairs() -> list[tuple[Any, Any]]:
    """Neighbours of one study."""
    return [(a, b) for a, b in itertools.pairwise(versions()) if a["nctId"] == b["nctId"]]


_SKIP = pytest.mark.skipif(is_absent(), reason=f"no real records: set {VARIABLE} to their folder")


def needs_records(test: Any) -> Any:
    return pytest.mark.records(_SKIP(test))
