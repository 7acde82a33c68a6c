"""Former IDs and those of merged studies lead to their trials wherever a page takes IDs."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import EARLIER, TrialFactory
from trials.models import Trial, TrialAlias
from trials.pages.asked_trials import asked_trials

pytestmark = pytest.mark.django_db
FORMER, MERGED, GONE, NEVER = "NCT00000001", "NCT00000002", "NCT00000003", "NCT00000004"


@pytest.fixture
def two() -> tuple[Trial, Trial]:
    one, other = TrialFactory(nct_id="NCT99100001"), TrialFactory(nct_id="NCT99100002")
    TrialAlias.objects.create(alias=FORMER, trial=one)
    TrialFactory(nct_id=MERGED, moved_to=other, gone_at=EARLIER)
    TrialFactory(nct_id=GONE, gone_at=timezone.now())
    return one, other


@pytest.mark.parametrize("path", ["/trials/compare/", "/kept/"])
def test_a_former_id_and_that_of_a_merged_study_are_resolved(
    client: Client, two: tuple[Trial, Trial], path: str
) -> None:
    html = client.get(f"{path}?id={FORMER}+{MERGED}").content.decode()
    for trial in two:
        assert f'<h2><a href="/trials/{trial.nct_id}/">' in html
    assert "We do not have" not in html
    assert f"{FORMER} is now NCT99100001." in html
    assert f"{MERGED} is now NCT99100002." in html


@pytest.mark.parametrize("path", ["/trials/compare/", "/kept/"])
def test_a_trial_under_two_ids_stands_there_once_and_a_gone_one_is_named(
    client: Client, two: tuple[Trial, Trial], path: str
) -> None:
    html = client.get(f"{path}?id={two[0].nct_id}+{FORMER}+{GONE}+{NEVER}").content.decode()
    assert html.count('<h2><a href="/trials/NCT') == (1 if path == "/kept/" else 0)
    assert f"We do not have: {GONE}, {NEVER}." in html


def test_the_alias_of_a_merged_study_leads_on(two: tuple[Trial, Trial]) -> None:
    TrialAlias.objects.create(alias="NCT00000009", trial=Trial.objects.get(nct_id=MERGED))
    found = asked_trials(Trial.objects.all(), ["NCT00000009"])
    assert found.trials == [two[1]]


def test_own_ids_cost_one_query_and_no_ids_none(two: tuple[Trial, Trial]) -> None:
    for ids, queries in (([], 0), ([two[0].nct_id], 1), ([FORMER], 3)):
        with CaptureQueriesContext(connection) as caught:
            asked_trials(Trial.objects.all(), ids)
        assert len(caught) == queries
