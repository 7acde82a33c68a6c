"""A first import does without some references and indexes; at its end all is as the migrations made it."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories import study
from trials import first_import, storing
from trials.condition_index import ConditionIndex
from trials.incoming import Incoming
from trials.models import Trial
from trials.place_index import PlaceIndex

pytestmark = pytest.mark.django_db(transaction=True)


def structure() -> set[tuple[str, str]]:
    """Every constraint and index of the tables, as PostgreSQL writes it down."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT conname, pg_get_constraintdef(oid) || convalidated FROM pg_constraint
            WHERE conrelid::regclass::text LIKE 'trials\\_%%'
            UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'trials\\_%%'
        """)
        return set(cursor.fetchall())


def insert(*nct_ids: str) -> None:
    items = [Incoming.of(study(nct_id)) for nct_id in nct_ids]
    storing.insert(items, conditions=ConditionIndex(), places=PlaceIndex(), now=timezone.now(), served=True)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "BATCH", 2)


def test_what_is_left_out_is_made_at_the_end(small_batches: None) -> None:
    before = structure()
    insert("NCT00000001", "NCT00000002")
    left_out = {name for name, _ in before - structure()}
    assert {"trialsearch_terms", "trialsearch_open_terms"} < left_out
    assert len(left_out) == 8
    first_import.settle()
    assert structure() == before
    first_import.settle()
    assert structure() == before


def test_only_the_first_import_leaves_anything_out(small_batches: None) -> None:
    before = structure()
    insert("NCT00000001")
    insert("NCT00000002", "NCT00000003")
    assert structure() == before


def test_an_import_that_breaks_in_its_first_batch_leaves_all_as_it_was(
    small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import transaction

    def fail(*_: Any) -> None:
        raise RuntimeError("no")

    before = structure()
    monkeypatch.setattr(storing.search_index, "add", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        insert("NCT00000001", "NCT00000002")
    assert structure() == before
    assert not Trial.objects.exists()
