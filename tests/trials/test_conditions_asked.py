"""What patients type reaches the condition that they mean."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from benchmarks.studies import ROOT
from tests.real_records import needs_records, studies
from trials import storing
from trials.condition_index import ConditionIndex, recount
from trials.conditions import condition_key
from trials.incoming import Incoming
from trials.models import Condition
from trials.place_index import PlaceIndex
from trials.search.asking import understood
from trials.search.finding import find

FILES = ("lay_queries.toml", "lay_queries_from_outside.toml")
"""Ours, and those of somebody who had not seen the code."""
LAY_QUERIES = [query for name in FILES for query in tomllib.loads((Path(__file__).parent / name).read_text())["query"]]
SAMPLES = sorted((ROOT / "config/sample_registry/studies").glob("*.json"))


def load(raw: list[dict[str, Any]]) -> None:
    items = [Incoming.of(study) for study in raw]
    conditions, places = ConditionIndex(), PlaceIndex()
    for start in range(0, len(items), 400):
        batch = items[start : start + 400]
        storing.insert(batch, conditions=conditions, places=places, now=timezone.now(), served=True)
    recount()


def reached(q: str, heading: str) -> bool:
    found = find(understood({"q": q, "status": "any"}))
    meant = Condition.objects.filter(key=condition_key(heading)).values_list("id", flat=True)
    return bool(found.total and found.resolved.named and set(meant) & set(found.resolved.named.ids))


@needs_records
@pytest.mark.django_db
def test_lay_queries_reach_their_conditions_in_the_real_records() -> None:
    load([*studies(), *(msgspec.json.decode(path.read_bytes()) for path in SAMPLES)])
    missed = [f"{query['q']} -> {query['reach']}" for query in LAY_QUERIES if not reached(query["q"], query["reach"])]
    print(f"{len(LAY_QUERIES) - len(missed)} of {len(LAY_QUERIES)} reached; missed: {missed}")
    assert len(LAY_QUERIES) >= 80
    assert len(missed) * 60 <= len(LAY_QUERIES) * 5, missed
