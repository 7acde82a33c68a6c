"""Prepared queries: outside a transaction, where they take the short way to the server."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from tests.factories import ConditionFactory, TrialFactory
from trials.models import Trial, TrialCondition
from trials.pages import reading
from trials.prepared import ASKED, Prepared, numbered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def by_id() -> Prepared:
    return Prepared(Trial, lambda: Trial.objects.select_related("subscription_condition").filter(nct_id=ASKED))


@pytest.fixture
def backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def another_session() -> Iterator[psycopg.Connection]:
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor,
                            "context": None}) as other:  # fmt: skip
        yield other


def test_gives_what_the_queryset_gives_whatever_was_asked_before(by_id: Prepared) -> None:
    condition = ConditionFactory(name="Stomach Neoplasms")
    TrialFactory(nct_id="NCT00000001", phases=["PHASE1", "PHASE2"], subscription_condition=condition)
    TrialFactory(nct_id="NCT00000002")
    for nct_id in ("NCT00000001", "NCT00000002", "NCT00000001"):
        found, usual = by_id.first(nct_id), Trial.objects.get(nct_id=nct_id)
        assert {f.attname: getattr(found, f.attname) for f in Trial._meta.concrete_fields} == {
            f.attname: getattr(usual, f.attname) for f in Trial._meta.concrete_fields
        }
        assert found.subscription_condition == usual.subscription_condition
    assert by_id.first("NCT00000003") is None


def test_what_was_asked_is_a_value_and_never_sql(by_id: Prepared) -> None:
    TrialFactory(nct_id="NCT00000001")
    for rude in ("' OR true --", "%s", "\\", "NCT00000001' --", "$1"):
        assert by_id.first(rude) is None


def test_placeholders_are_numbered_and_a_doubled_percent_is_one() -> None:
    assert numbered("WHERE a = %s AND b LIKE 'x%%s' AND c = %s") == "WHERE a = $1 AND b LIKE 'x%s' AND c = $2"


def test_is_planned_once_a_connection(by_id: Prepared) -> None:
    TrialFactory(nct_id="NCT00000001")
    for _ in range(3):
        by_id.first("NCT00000001")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ['%"trials_trial"%'])
        assert cursor.fetchone()[0] == 1


def test_a_connection_that_the_server_closed_is_opened_anew(
    by_id: Prepared, backend_pid: int, another_session: psycopg.Connection
) -> None:
    TrialFactory(nct_id="NCT00000001")
    another_session.execute("SELECT pg_terminate_backend(%s)", [backend_pid])
    assert by_id.first("NCT00000001") is not None


def test_trial_comes_with_its_shown_conditions_in_order() -> None:
    trial = TrialFactory(nct_id="NCT00000001")
    for position, (name, is_hidden) in enumerate([("Zoster", False), ("Recurrence", True), ("Ageing", False)]):
        condition = ConditionFactory(name=name, slug=name.lower(), is_hidden=is_hidden)
        TrialCondition.objects.create(trial=trial, condition=condition, position=position)
    found = reading.trial("NCT00000001")
    assert found is not None
    assert found.chips == [{"name": "Zoster", "slug": "zoster"}, {"name": "Ageing", "slug": "ageing"}]
    assert found.is_named is False
