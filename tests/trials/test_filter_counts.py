"""Counts beside the values that were not chosen, and the nearest of more trials than are read."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.trials.finding import findable, site
from tests.trials.test_list_page import page, queries
from tests.trials.test_search import found, ids
from trials.models import Trial
from trials.search import nearest
from trials.search.asking import MOST, understood
from trials.search.finding import find

pytestmark = pytest.mark.django_db

BOSTON, WORCESTER, OSLO = (
    site("Boston", 42.36, -71.06),
    site("Worcester", 42.2626, -71.8023),
    site("Oslo", 59.91, 10.75, country="Norway"),
)


def copied(trial: Trial, count: int, start: int, **columns: int) -> None:
    """So many more like this one, for searching only: their rows, search rows and sites."""
    sets = {"n": count, "start": start, "old": trial.pk}
    rank = columns.get("rank", trial.search.rank)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO trials_trial SELECT (jsonb_populate_record(t, jsonb_build_object('id', %(start)s + n, 'nct_id',
            'NCT' || (80000000 + %(start)s + n)))).*
            FROM trials_trial t, generate_series(1, %(n)s) n WHERE t.id = %(old)s
            """,
            sets,
        )
        cursor.execute(
            """
            INSERT INTO trials_trialsearch
            SELECT (jsonb_populate_record(s, jsonb_build_object('trial_id', %(start)s + n, 'rank', %(rank)s))).*
            FROM trials_trialsearch s, generate_series(1, %(n)s) n WHERE s.trial_id = %(old)s
            """,
            {**sets, "rank": rank},
        )
        cursor.execute(
            """
            INSERT INTO trials_location SELECT (jsonb_populate_record(l, jsonb_build_object('id',
            1000000 + (%(start)s + n) * 10 + l.position, 'trial_id', %(start)s + n))).*
            FROM trials_location l, generate_series(1, %(n)s) n WHERE l.trial_id = %(old)s
            """,
            sets,
        )


def trials_of_three_phases() -> None:
    for number, phases in enumerate((["PHASE1"], ["PHASE2"], ["PHASE2"], ["PHASE3"], ["PHASE2", "PHASE3"])):
        findable(f"NCT9900000{number}", designModule={"phases": phases}, eligibilityModule={"sex": "FEMALE"})
    findable("NCT99000009", designModule={"phases": ["PHASE4"]}, statusModule={"overallStatus": "COMPLETED"})


def test_the_other_phases_are_counted_as_if_none_was_chosen(client: Client) -> None:
    trials_of_three_phases()
    html = page(client, phase="phase2")
    assert '<option value="phase2" selected>Phase 2 (3)</option>' in html
    assert '<option value="phase1">Phase 1 (1)</option>' in html
    assert '<option value="phase3">Phase 3 (2)</option>' in html, "not only the one in both"
    assert "Phase 4" not in html, "its one trial is not open"


def test_each_filter_in_use_is_left_out_of_its_own_counts_only(client: Client) -> None:
    trials_of_three_phases()
    findable("NCT99000020", designModule={"phases": ["PHASE1"]}, eligibilityModule={"sex": "MALE"})
    result = found(phase="phase2", sex="female")
    assert result.counts["phase", "phase1"] == 1, "women only"
    assert result.counts["sex", "male"] == 0, "no man in phase 2"
    assert result.counts["status", "completed"] == 0, "none in phase 2"
    assert found(sex="male").counts["sex", "female"] == 5


def test_the_other_statuses_are_counted_beside_open_now_and_beside_one(client: Client) -> None:
    trials_of_three_phases()
    html = page(client)
    assert '<option value="completed">Completed (1)</option>' in html
    assert '<option value="any">Any status (6)</option>' in html
    assert '<option value="recruiting">Recruiting (5)</option>' in page(client, status="completed")


def test_the_other_states_of_the_country_are_counted(client: Client) -> None:
    findable(
        "NCT99000001", contactsLocationsModule={"locations": [site("Boston", 42.36, -71.06, state="Massachusetts")]}
    )
    for number in (2, 3):
        sites = [site("Dayton", 39.76, -84.19, state="Ohio")]
        findable(f"NCT9900000{number}", contactsLocationsModule={"locations": sites})
    findable("NCT99000004", contactsLocationsModule={"locations": [OSLO]})
    html = page(client, country="united-states", state="massachusetts")
    assert "<strong>1</strong> trial" in html
    assert '<option value="ohio">Ohio (2)</option>' in html
    assert '<option value="massachusetts" selected>Massachusetts (1)</option>' in html
    assert "Oslo" not in html


def test_an_unknown_state_finds_nothing_and_taking_it_away_is_offered(client: Client) -> None:
    findable("NCT99000001")
    html = page(client, country="united-states", state="atlantis")
    assert "1 trial in any state" in html


def test_nothing_found_still_counts_the_other_values(client: Client) -> None:
    trials_of_three_phases()
    html = page(client, phase="phase4")
    assert "No trial fits all of that" in html
    assert '<option value="phase3">Phase 3 (2)</option>' in html


def test_counts_of_more_than_were_looked_at_say_so(client: Client) -> None:
    one = findable("NCT99000001", designModule={"phases": ["PHASE1"]})
    findable("NCT99000002", designModule={"phases": ["PHASE2"]})
    copied(one, MOST + 10, 10_000)
    html = page(client, phase="phase2")
    assert '<option value="phase2" selected>Phase 2 (1)</option>' in html
    assert "Phase 1 (1,000+)" in html


def test_counting_the_other_values_takes_no_further_query(client: Client) -> None:
    trials_of_three_phases()
    plain = queries(client)
    chosen = {"phase": "phase2", "sex": "female", "type": "interventional", "status": "recruiting"}
    assert queries(client, **chosen, country="united-states", state="massachusetts") == plain
    assert queries(client, **chosen, near="Boston") <= 6


def test_the_nearest_come_first_among_more_than_are_read() -> None:
    far = findable("NCT99000001", contactsLocationsModule={"locations": [WORCESTER]})
    near = findable("NCT99000002", contactsLocationsModule={"locations": [BOSTON]})
    Trial.objects.get(pk=near.pk).search.__class__.objects.filter(pk=near.pk).update(rank=2**20 + 1)
    copied(far, MOST + 200, 10_000)
    result = found(near="Boston", within="100km")
    assert result.is_capped
    assert result.total == MOST
    assert result.hits[0].trial_id == near.pk, "the oldest of all, and the only one in the city"
    assert [round(hit.km or 0) for hit in result.hits[:2]] == [0, 62]
    assert found(near="Boston", within="100km", sort="relevance").hits[0].trial_id != near.pk


def test_the_page_says_that_the_nearest_of_many_are_shown(client: Client) -> None:
    far = findable("NCT99000001", contactsLocationsModule={"locations": [WORCESTER]})
    assert "More than 1,000" not in page(client, near="Boston")
    copied(far, MOST + 1, 10_000)
    assert "More than 1,000 trials fit. These are the nearest." in page(client, near="Boston")


def test_pages_of_the_nearest_follow_one_another_without_doubles() -> None:
    both = findable("NCT99000001", contactsLocationsModule={"locations": [BOSTON, WORCESTER]})
    findable("NCT99000002", contactsLocationsModule={"locations": [WORCESTER]})
    findable("NCT99000003", contactsLocationsModule={"locations": [site("Lowell", 42.64, -71.31)]})
    copied(both, MOST, 10_000)
    seen: list[int] = []
    for number in range(1, 6):
        asked = understood({"near": "Boston", "page": str(number)})
        seen += [hit.trial_id for hit in find(asked, per_page=200).hits]
    assert len(seen) == len(set(seen)) == MOST


@pytest.mark.parametrize(
    "points, circles", [(0, [0]), (1, [1]), (2, [1, 2]), (3, [1, 3]), (2000, [1, 2, 8, 32, 125, 500, 2000])]
)
def test_circles_grow_fourfold(points: int, circles: list[int]) -> None:
    assert nearest.sizes(points) == circles


@pytest.mark.parametrize(
    "parameters", [{"status": "any"}, {"q": "tea"}, {"phase": "phase2"}, {"age": "40", "sex": "male"}]
)
def test_few_trials_near_a_place_are_the_same_in_any_order(parameters: dict[str, Any]) -> None:
    for number, where in enumerate((BOSTON, WORCESTER, OSLO, site("Lowell", 42.64, -71.31, "COMPLETED"))):
        findable(f"NCT9900000{number}", contactsLocationsModule={"locations": [where]})
    nearest_first = ids(near="Boston", **parameters)
    assert set(nearest_first) == set(ids(near="Boston", sort="updated", **parameters))
    assert nearest_first[:2] == ["NCT99000000", "NCT99000001"]
