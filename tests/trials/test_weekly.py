"""The weekly brief of a condition."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from tests.factories import ConditionFactory, SyncRunFactory, TrialChangeFactory, TrialFactory
from trials.models import Condition, Trial, TrialCondition
from trials.weekly import Week

pytestmark = pytest.mark.django_db
PAGE = "/conditions/lupus/weekly/2026-W28/"
MONDAY, SUNDAY_NIGHT = datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 7, 12, 23, 59, tzinfo=UTC)


@pytest.fixture
def condition() -> Condition:
    return ConditionFactory(name="lupus")


def change(condition: Condition, kind: str, at: datetime, title: str = "Green tea", **fields: object) -> Trial:
    trial = TrialFactory(brief_title=title)
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    version = 1 if kind == "listed" else 2
    TrialChangeFactory(
        trial=trial, kind=kind, field=kind, version=version, detected_at=at, run=SyncRunFactory(), **fields
    )
    return trial


def text(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_week_counts_and_groups_what_changed(client, condition):
    change(condition, "status_opened", MONDAY, "Opens on Monday")
    change(condition, "status_opened", SUNDAY_NIGHT, "Opens on Sunday")
    change(condition, "listed", MONDAY, "Arrives", old=None, new=None)
    change(condition, "sponsor", MONDAY, "Is sold", rank=2, old="A", new="B")
    page = text(client)
    assert "1 newly listed, 2 opened, 1 changed in other ways" in page
    assert page.index("Arrives") < page.index("Opens on Sunday") < page.index("Is sold")
    assert "noindex" not in page


def test_only_the_week_and_the_condition_asked_for_are_told(client, condition):
    change(condition, "status_opened", datetime(2026, 7, 5, 23, 59, tzinfo=UTC), "Too early")
    change(condition, "status_opened", datetime(2026, 7, 13, tzinfo=UTC), "Too late")
    change(ConditionFactory(name="gout"), "status_opened", MONDAY, "Of another condition")
    change(condition, "masking", MONDAY, "Of the page only", rank=1)
    page = text(client)
    assert "Nothing changed in this week that we know of." in page
    assert not any(title in page for title in ("Too early", "Too late", "Of another", "Of the page"))


def test_an_empty_week_is_there_but_not_for_search_engines(client, condition):
    assert 'content="noindex"' in text(client)
    assert "This week has not begun." in text(client, "/conditions/lupus/weekly/2999-W01/")


@pytest.mark.parametrize("week", ["2026-W54", "2026-W00", "2026-28", "abc", "0000-W01", "0001-W01", "9999-W52"])
def test_what_is_no_week_is_not_found(client, condition, week):
    assert client.get(f"/conditions/lupus/weekly/{week}/").status_code == 404


@pytest.mark.parametrize("week", ["2000-W01", "2999-W52"])
def test_the_first_and_the_last_week_do_no_harm(client, condition, week):
    assert client.get(f"/conditions/lupus/weekly/{week}/").status_code == 200


def test_a_merged_condition_sends_on_to_its_target(client, condition):
    ConditionFactory(name="sle", merged_into=condition)
    response = client.get("/conditions/sle/weekly/2026-W28/")
    assert (response.status_code, response["Location"]) == (301, PAGE)


def test_the_newest_week_is_one_link_away(client, condition):
    response = client.get("/conditions/lupus/weekly/")
    assert response.status_code == 302
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("day", "name"), [("2026-01-01", "2026-W01"), ("2027-01-01", "2026-W53"), ("2024-12-30", "2025-W01")]
)
def test_weeks_are_those_of_the_iso_calendar(day, name):
    week = Week.of(date.fromisoformat(day))
    assert week.name == name
    assert Week.named(name) == week
    assert week.after is not None
    assert week.after.before == week


def test_a_title_is_shown_as_text(client, condition):
    change(condition, "status_opened", MONDAY, "<script>x</script>")
    assert "<script>x" not in text(client)


def test_a_busy_week_costs_a_few_queries(client, condition, django_assert_max_num_queries):
    for number in range(30):
        change(condition, "status_opened", MONDAY, f"Trial {number}")
    with django_assert_max_num_queries(8):
        text(client)
