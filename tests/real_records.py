"""The real studies that TRIAL_RECORDS_DIR names: read once, never copied into the project."""

import gzip
import os
from functools import cache
from pathlib import Path

import msgspec
import pytest

from trials.records import TrialRecord, parse

_FOLDER = os.environ.get("TRIAL_RECORDS_DIR", "")
needs_records = pytest.mark.skipif(not _FOLDER, reason="TRIAL_RECORDS_DIR is not set: no real records to read")


@cache
def real_records() -> tuple[TrialRecord, ...]:
    with gzip.open(Path(_FOLDER) / "studies.jsonl.gz", "rb") as lines:
        return tuple(parse(msgspec.json.decode(line)) for line in lines)
