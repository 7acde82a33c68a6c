"""A list of trials in an address, and the page that a browser fills with its own."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import ConditionFactory, TrialFactory
from trials import search_index
from trials.models import TrialCondition
from trials.views.kept import MOST

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_without_ids_the_page_explains_itself_and_asks_for_the_last_poll_alone(client: Client) -> None:
    with CaptureQueriesContext(connection) as caught:
        html = get(client, "/kept/")
    assert len(caught) == 1
    assert "they do not run here" in html
    assert 'content="noindex' in html


def test_an_address_is_a_list_in_its_own_order(client: Client) -> None:
    one, two = TrialFactory(brief_title="Tea"), TrialFactory(brief_title="Water")
    with CaptureQueriesContext(connection) as caught:
        html = get(client, f"/kept/?id={two.nct_id}+{one.nct_id}+{two.nct_id.lower()}&id=NCT99999998+asthma")
    assert len(caught) == 3, "one looks for a former ID, one for the last poll"
    assert re.findall(r'<h2><a href="/trials/(NCT\d{8})/">', html) == [two.nct_id, one.nct_id]
    assert "We do not have: NCT99999998, ASTHMA." in html
    assert f'name="id-1" value="{two.nct_id}"' in html, "a box for comparing, which needs no script"


def test_the_boxes_lead_to_an_address_that_can_be_shared(client: Client) -> None:
    one, two = TrialFactory(), TrialFactory()
    response = client.get(f"/trials/compare/?id-1={two.nct_id}&id-4={one.nct_id}&near=Boston")
    assert response.status_code == 302
    assert response["Location"] == f"/trials/compare/?id={two.nct_id}&id={one.nct_id}&near=Boston"


def test_a_list_of_one_has_nothing_to_compare(client: Client) -> None:
    html = get(client, f"/kept/?id={TrialFactory().nct_id}")
    assert "/trials/compare/" not in html
    assert "kept-form" not in html


def test_the_mail_of_a_list_goes_to_nobody_yet_and_holds_its_address(client: Client) -> None:
    trial = TrialFactory()
    html = get(client, f"/kept/?id={trial.nct_id}")
    mail = re.search(r'href="(mailto:[^"]*)"', html)
    assert mail
    assert mail[1].startswith("mailto:?subject=")
    assert f"kept%2F%3Fid%3D{trial.nct_id}" in mail[1]


def test_a_list_has_an_end(client: Client) -> None:
    ids = [f"NCT{number:08}" for number in range(MOST + 1)]
    html = get(client, f"/kept/?id={'+'.join(ids)}")
    assert f"Left out: {ids[-1]}." in html


@pytest.mark.parametrize("query", ["id=", "id=%00", "id=%FF", "id=<script>", "&".join(["id=NCT07103668"] * 40)])
def test_odd_lists_get_a_page(client: Client, query: str) -> None:
    assert client.get(f"/kept/?{query}").status_code in (200, 400)


def test_a_trial_can_be_kept_and_shared_from_its_page(client: Client) -> None:
    trial = TrialFactory(brief_title='Tea & "water" <b>')
    html = get(client, f"/trials/{trial.nct_id}/")
    assert f'data-keep="{trial.nct_id}"' in html
    mail = re.search(r'href="(mailto:[^"]*)"', html)
    assert mail
    assert mail[1].startswith("mailto:?subject=")
    assert "Tea%20%26%20%22water%22%20%3Cb%3E%0D%0A" in mail[1]
    assert f"%2Ftrials%2F{trial.nct_id}%2F" in mail[1]


def test_every_row_of_a_list_can_be_kept(client: Client) -> None:
    condition = ConditionFactory(name="fatigue", trial_count=1)
    trial = TrialFactory()
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    search_index.rebuild()
    for path in ("/trials/", "/conditions/fatigue/", "/"):
        html = get(client, path)
        assert f'data-keep="{trial.nct_id}"' in html, path
        assert "js/keep" in html, path
