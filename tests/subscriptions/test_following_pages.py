"""The form of a treatment's or a hospital's page follows exactly what the page lists."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from subscriptions import matching
from subscriptions.models import Confirmation, Notification, Subscription
from subscriptions.signup import confirm
from tests.factories import EARLIER
from tests.subscriptions.factories import listing, published_run, update
from tests.trials.finding import findable
from tests.trials.listed import listed, place
from trials.directory import editing
from trials.models import Site, Treatment, Trial
from trials.site_changes import facts

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)


def follow_from(client: Client, path: str) -> Subscription:
    """Sends the form that stands on the page, confirms, and returns what is followed then."""
    page = client.get(path).content.decode()
    form = page[page.index('action="/updates/"') :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("</form>")]))
    assert fields
    response = client.post("/updates/", {"email": "ada@example.org", **fields})
    assert response.status_code == 200, response.content.decode()
    asked = Confirmation.objects.latest("pk")
    confirm(asked, now=asked.created_at)
    Subscription.objects.update(confirmed_at=EARLIER)  # before the news of these tests
    return Subscription.objects.live().latest("pk")


def heard() -> set[int]:
    matching.match_new_runs(now=NOW)
    return set(Notification.objects.values_list("subscription_id", flat=True))


def test_whoever_follows_a_treatment_hears_of_a_trial_that_its_page_lists(client: Client) -> None:
    listed("NCT99000001", treatments=["Green tea"])
    mine = follow_from(client, "/treatments/green-tea/")
    assert mine.topic == "Green tea"
    trial = listed("NCT99000002", treatments=["Drug: GREEN TEA 200 mg"])
    listing(trial)
    assert heard() == {mine.pk}
    assert "NCT99000002" in client.get("/treatments/green-tea/").content.decode()


def test_whoever_follows_a_hospital_hears_of_a_trial_that_its_page_lists(client: Client) -> None:
    listed("NCT99000001", sites=[place("Tea Hospital")])
    mine = follow_from(client, "/sites/tea-hospital-boston/")
    assert mine.topic == "Tea Hospital, Boston"
    listing(listed("NCT99000002", sites=[place("TEA HOSPITAL ( Site 0012)")]))
    listing(listed("NCT99000003", sites=[place("Tea Hospital", city="Salem")]))
    assert heard() == {mine.pk}
    assert Notification.objects.get().change.trial.nct_id == "NCT99000002"
    page = client.get("/sites/tea-hospital-boston/").content.decode()
    assert "NCT99000002" in page
    assert "NCT99000003" not in page


@pytest.mark.parametrize("follows_the_one_that_stays", [True, False])
def test_followers_of_both_spellings_hear_of_both_once_they_are_merged(
    client: Client, follows_the_one_that_stays: bool
) -> None:
    trials = [listed("NCT99000001", treatments=["Keytruda"]), listed("NCT99000002", treatments=["Pembrolizumab"])]
    mine = follow_from(client, f"/treatments/{'pembrolizumab' if follows_the_one_that_stays else 'keytruda'}/")
    editing.merge(Treatment.objects.get(slug="keytruda"), into=Treatment.objects.get(slug="pembrolizumab"))
    for trial in trials:
        listing(trial)
    assert heard() == {mine.pk}
    assert Notification.objects.count() == 2


def test_a_merged_hospital_tells_of_its_older_spelling_too(client: Client) -> None:
    trial = listed("NCT99000001", sites=[place("Tea Hosp."), place("Tea Hospital")])
    mine = follow_from(client, "/sites/tea-hospital-boston/")
    editing.merge(Site.objects.get(slug="tea-hosp-boston"), into=Site.objects.get(slug="tea-hospital-boston"))
    new = facts(Trial.objects.get(pk=trial.pk).record.sites[0])
    update(trial, kind="site_opened", field="site-1", old=None, new=new, rank=2, run=published_run())
    assert heard() == {mine.pk}


def test_a_form_made_before_a_merger_follows_the_page_that_stays(client: Client) -> None:
    listed("NCT99000001", treatments=["Keytruda", "Pembrolizumab"])
    editing.merge(Treatment.objects.get(slug="keytruda"), into=Treatment.objects.get(slug="pembrolizumab"))
    client.post("/updates/", {"email": "ada@example.org", "treatment": "keytruda"})
    assert Confirmation.objects.get().treatment_key == "pembrolizumab"


@pytest.mark.parametrize(
    "form",
    [{"treatment": "placebo"}, {"treatment": "no-such"}, {"treatment": "x" * 200}, {"site": "no-such"},
     {"site": "'; DROP TABLE trials_site; --"}, {"site": "../../etc"},
     {"treatment": "green-tea", "site": "tea-boston"}],
)  # fmt: skip
def test_what_has_no_page_can_not_be_followed(client: Client, form: dict[str, str]) -> None:
    listed("NCT99000001", treatments=["Placebo", "Green tea"], sites=[place("Tea")])
    assert client.post("/updates/", {"email": "ada@example.org", **form}).status_code == 400
    assert not Confirmation.objects.exists()


def test_the_page_with_more_choices_names_the_topic(client: Client) -> None:
    listed("NCT99000001", sites=[place("Tea Hospital")])
    html = client.get("/updates/?site=tea-hospital-boston").content.decode()
    assert "trials at Tea Hospital, Boston" in html
    assert '<input type="hidden" name="site" value="tea-hospital-boston">' in html


# --- a list of results


def test_a_list_with_results_offers_to_follow_its_search(client: Client) -> None:
    findable("NCT99000001")
    html = client.get("/trials/?q=tea&phase=phase2&page=1").content.decode()
    link = re.search(r'href="(/updates/\?search=[^"]+)"[^>]*>Follow this search<', html)
    assert link
    form = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert '<input type="hidden" name="search" value="?q=tea&amp;phase=phase2">' in form
    client.post("/updates/", {"email": "ada@example.org", "search": "?q=tea&phase=phase2"})
    assert Confirmation.objects.get().search == "q=tea&phase=phase2"


@pytest.mark.parametrize("query", ["", "?q=zzzzzz", "?phase=nonsense"])
def test_a_list_without_a_question_or_without_results_has_no_such_link(client: Client, query: str) -> None:
    findable("NCT99000001")
    assert "Follow this search" not in client.get(f"/trials/{query}").content.decode()
