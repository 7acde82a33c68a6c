"""How many people trials take: counted once a day, told on pages without asking the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import TrialFactory, study
from trials import enrollment, tasks
from trials.enrollment import Figure
from trials.models import EnrollmentFigure, Trial
from trials.pages.how_many import in_context
from trials.records import UNKNOWN_ENROLLMENT, TrialRecord, parse

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PHASE2 = ("INTERVENTIONAL", "PHASE2", False)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    enrollment.forget()
    yield
    enrollment.forget()


@pytest.fixture
def many(db: None) -> None:
    """A hundred and one phase 2 trials that plan for 1 to 101 people."""
    rows = [_row(number, enrollment=number + 1) for number in range(101)]
    Trial.objects.bulk_create(rows)


def _row(number: int, **values: object) -> Trial:
    usual = {"status": "RECRUITING", "study_type": "INTERVENTIONAL", "phases": ["PHASE2"],
             "enrollment_type": "ESTIMATED", "brief_title": "Tea", "content_hash": b"\0" * 16,
             "first_seen_at": NOW, "last_changed_at": NOW}  # fmt: skip
    return Trial(nct_id=f"NCT9800{number:04}", **{**usual, **values})


def record(**design: object) -> TrialRecord:
    return parse(study(designModule=design))


def told(count: int, kind: str = "ESTIMATED") -> list[str]:
    figures = {("INTERVENTIONAL", "PHASE2", is_actual): Figure(1200, 20, 44, 98) for is_actual in (True, False)}
    found = in_context(record(enrollmentInfo={"count": count, "type": kind}), figures)
    return found.sentences if found else []


def test_the_middle_half_is_measured(many: None) -> None:
    assert enrollment.measure_if_due(now=NOW)
    assert enrollment.figures() == {PHASE2: Figure(101, 26, 51, 76)}


@pytest.mark.parametrize(
    "values",
    [{"status": "WITHDRAWN"}, {"enrollment": 0}, {"enrollment": None}, {"enrollment": UNKNOWN_ENROLLMENT},
     {"gone_at": NOW}, {"enrollment_type": ""}, {"enrollment_type": "ACTUAL"}, {"phases": ["PHASE1", "PHASE2"]},
     {"study_type": "OBSERVATIONAL"}],
)  # fmt: skip
def test_what_says_nothing_of_the_kind_is_left_out(many: None, values: dict[str, object]) -> None:
    Trial.objects.bulk_create([_row(500 + number, **{"enrollment": 9999, **values}) for number in range(60)])
    enrollment.measure_if_due(now=NOW)
    assert enrollment.figures() == {PHASE2: Figure(101, 26, 51, 76)}


def test_too_few_trials_have_no_figure_and_lose_an_old_one(many: None) -> None:
    enrollment.measure_if_due(now=NOW)
    Trial.objects.filter(enrollment__gt=99).delete()
    assert enrollment.measure_if_due(now=NOW + timedelta(days=1))
    assert enrollment.figures() == {}
    assert not EnrollmentFigure.objects.exists()


def test_it_is_measured_once_a_day_and_a_lost_cache_is_filled_in_between(many: None) -> None:
    enrollment.measure_if_due(now=NOW)
    cache.clear()
    enrollment.forget()
    assert enrollment.figures() == {}
    enrollment.forget()
    assert not enrollment.measure_if_due(now=NOW + timedelta(hours=1))
    assert PHASE2 in enrollment.figures()
    assert EnrollmentFigure.objects.get().measured_at == NOW


def test_without_a_cache_server_there_is_no_figure(many: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    enrollment.measure_if_due(now=NOW)
    monkeypatch.setattr(cache, "get", broken)
    assert enrollment.figures() == {}


def test_the_page_tells_it_without_a_query(many: None, client: Client) -> None:
    trial = TrialFactory()
    client.get(trial.get_absolute_url())
    with CaptureQueriesContext(connection) as without:
        assert "How many people" not in client.get(trial.get_absolute_url() + "?a").content.decode()
    tasks.measure_enrollment()
    with CaptureQueriesContext(connection) as caught:
        html = client.get(trial.get_absolute_url() + "?b").content.decode()
    assert "Of 101 phase 2 trials with a planned number, half plan for between 26 and 76 people." in html
    assert len(caught) == len(without)


def test_it_is_told_in_words() -> None:
    assert told(54, "ACTUAL") == [
        "54 people joined.",
        "Of 1,200 phase 2 trials with a final number, half had between 20 and 98 people.",
        "This trial is in that middle half.",
        "How many people a trial needs depends on its question.",
    ]
    assert told(54)[:2] == [
        "The plan is for 54 people.",
        "Of 1,200 phase 2 trials with a planned number, half plan for between 20 and 98 people.",
    ]


@pytest.mark.parametrize(
    ("count", "word"),
    [
        (1, "smaller than"),
        (19, "smaller than"),
        (20, "in that middle half"),
        (98, "in that middle half"),
        (99, "larger than"),
        (2_000_000, "larger than"),
    ],
)
def test_where_it_lies_is_told(count: int, word: str) -> None:
    assert word in told(count)[2]


@pytest.mark.parametrize("count", [0, UNKNOWN_ENROLLMENT])
def test_no_number_is_compared_with_nothing(count: int) -> None:
    assert told(count) == []


def test_another_kind_is_compared_with_its_own() -> None:
    figures = {PHASE2: Figure(1200, 20, 44, 98)}
    assert in_context(record(phases=["PHASE3"]), figures) is None
    assert in_context(record(enrollmentInfo={"count": 5}), figures) is None


@pytest.mark.parametrize("count", [1, 50, 100_000, 90_000_000])
def test_the_drawing_keeps_to_its_room(count: int) -> None:
    found = in_context(record(enrollmentInfo={"count": count, "type": "ESTIMATED"}), {PHASE2: Figure(9, 1, 2, 10**8)})
    assert found
    assert 8 <= found.x <= 592
    assert 8 <= found.box_x <= found.box_x + found.box_width <= 592
