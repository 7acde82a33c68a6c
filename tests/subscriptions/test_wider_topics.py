"""Following a place, a site, a treatment or a search: who hears of what, and what the form takes."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from subscriptions import composing, matching, topics
from subscriptions.items import told
from subscriptions.letters import wish_lines
from subscriptions.models import Confirmation, Email, MatchedRun, Notification, Subscription
from subscriptions.signup import confirm
from tests.factories import ConditionFactory, TrialFactory, study
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, listing, published_run, update
from trials import records
from trials.models import Condition, Location, Trial, TrialCondition, TrialSearch
from trials.search.terms import filtered
from trials.site_changes import facts

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)
BOSTON, WORCESTER, LONDON = (42.36, -71.06), (42.26, -71.80), (51.51, -0.13)


@pytest.fixture
def condition() -> Condition:
    return ConditionFactory(name="lupus")


@pytest.fixture
def trial(condition: Condition) -> Trial:
    trial = TrialFactory()
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    return trial


def site(facility: str, point: tuple[float, float], status: str = "RECRUITING", **fields: str) -> dict[str, Any]:
    place = {"city": "Boston", "state": "", "zip": "", "country": "United States", **fields}
    return {"facility": facility, "status": status, "latitude": point[0], "longitude": point[1], **place}


def located(trial: Trial, *sites: dict[str, Any]) -> None:
    for position, each in enumerate(sites):
        Location.objects.create(trial=trial, position=position, **each)


def near_boston(condition: Condition, km: int = 50, **fields: Any) -> Subscription:
    place = {"place_latitude": 42.4, "place_longitude": -71.1, "radius_km": km, "topic_name": "Boston, MA"}
    return SubscriptionFactory(trial=None, condition=condition, **place, **fields)


def at_general(**fields: Any) -> Subscription:
    key = topics.site_key("Mass General Hospital", "Boston", "United States")
    return SubscriptionFactory(trial=None, site_key=key, topic_name="Mass General Hospital, Boston", **fields)


def site_change(trial: Trial, kind: str, new: Any, *, old: Any = None, field: str = "site-1", **fields: Any) -> None:
    update(trial, kind=kind, field=field, old=old, new=new, rank=2, **fields)


def heard() -> set[int]:
    """The subscriptions that something concerns, after all is matched."""
    matching.match_new_runs(now=NOW)
    return set(Notification.objects.values_list("subscription_id", flat=True))


def test_the_facts_of_a_site_are_what_matching_reads():
    raw = study(contactsLocationsModule={"locations": [{"facility": "A", "city": "B"}]})
    assert set(facts(records.parse(raw).sites[0])) == set(site("A", BOSTON))


@pytest.mark.parametrize("kind", ["site_opened", "site_added", "site_closed"])
def test_a_site_in_reach_is_told_at_once_and_one_out_of_reach_is_not(trial, condition, kind):
    close, wide = near_boston(condition), near_boston(condition, 100)
    site_change(trial, kind, site("Memorial", WORCESTER))
    assert heard() == {wide.pk}
    assert Notification.objects.get().is_urgent
    site_change(trial, kind, site("Mass General Hospital", BOSTON), version=3)
    assert heard() == {close.pk, wide.pk}


def test_a_place_is_followed_for_its_condition_only(trial, condition):
    other = near_boston(ConditionFactory(name="gout"))
    everywhere = SubscriptionFactory(trial=None, condition=condition)
    site_change(trial, "site_opened", site("Mass General Hospital", BOSTON))
    assert not heard() & {other.pk, everywhere.pk}


def test_a_merged_condition_keeps_its_followers_near_a_place(trial, condition):
    target = ConditionFactory(name="lupus erythematosus")
    mine = near_boston(target)
    Condition.objects.filter(pk=condition.pk).update(merged_into=target)
    TrialCondition.objects.update(condition=target)
    site_change(trial, "site_opened", site("Mass General Hospital", BOSTON))
    assert heard() == {mine.pk}


def test_one_site_is_followed_whatever_the_spelling_and_across_trials(trial):
    mine = at_general()
    site_change(trial, "site_opened", site("MASS GENERAL  Hospital", BOSTON))
    assert heard() == {mine.pk}
    another = TrialFactory()
    site_change(another, "site_added", site("Mass General Hospital", BOSTON, city="Springfield"))
    assert Notification.objects.count() == 1
    site_change(another, "site_added", site("Mass General Hospital.", BOSTON), version=3)
    matching.match_new_runs(now=NOW)
    assert Notification.objects.count() == 2


def test_a_nameless_site_can_not_be_followed():
    assert topics.site_key("Research Site", "Boston", "United States") == ""


def test_a_quiet_change_at_a_site_is_for_those_who_want_everything(trial):
    at_general()
    all_of_it = at_general(scope="everything")
    site_change(trial, "site_removed", None, old=site("Mass General Hospital", BOSTON))
    assert heard() == {all_of_it.pk}
    assert not Notification.objects.get().is_urgent


def test_a_site_among_many_is_found_and_named_in_the_mail(trial, condition):
    at_general(), near_boston(condition)
    many = [site("Elsewhere", LONDON, city="London"), site("Mass General Hospital", BOSTON)]
    site_change(trial, "site_opened", many, old=many, field="site_opened/more")
    assert len(heard()) == 2
    (item,) = told(list(Notification.objects.order_by("pk")[:1])).items
    assert "Mass General Hospital" in item.sentences[0]
    assert not any("Elsewhere" in sentence for sentence in item.sentences)


@pytest.mark.parametrize("kind", ["listed", "status_opened"])
def test_a_trial_that_opens_or_arrives_with_a_site_there_is_news(trial, condition, kind):
    mine = {near_boston(condition).pk, at_general().pk}
    located(trial, site("Mass General Hospital", BOSTON, status=""), site("St Bart's", LONDON, city="London"))
    listing(trial) if kind == "listed" else update(trial, kind=kind, new="RECRUITING")
    assert heard() == mine


def test_a_closed_site_of_a_trial_that_opens_is_no_news(trial, condition):
    near_boston(condition), at_general()
    located(trial, site("Mass General Hospital", BOSTON, status="COMPLETED"))
    update(trial, kind="status_opened", new="RECRUITING")
    assert heard() == set()


def test_who_turned_a_trial_off_hears_nothing_of_it_through_a_place(trial, condition):
    reader = SubscriberFactory()
    SubscriptionFactory(subscriber=reader, trial=trial, ended_at=NOW, ended_reason="unsubscribed")
    near_boston(condition, subscriber=reader)
    site_change(trial, "site_opened", site("Mass General Hospital", BOSTON))
    assert heard() == set()


def test_news_from_before_the_subscription_is_not_told(trial, condition):
    near_boston(condition, confirmed_at=NOW)
    site_change(trial, "site_opened", site("Mass General Hospital", BOSTON))
    assert heard() == set()


def test_what_comes_by_three_routes_is_one_item_in_one_mail(trial, condition):
    reader = SubscriberFactory()
    near_boston(condition, subscriber=reader), at_general(subscriber=reader)
    SubscriptionFactory(subscriber=reader, trial=trial, scope="everything")
    site_change(trial, "site_opened", site("Mass General Hospital", BOSTON))
    assert len(heard()) == 3
    assert composing.compose_alerts(now=NOW) == 1
    mail = told(list(Notification.objects.filter(email=Email.objects.get())))
    assert len(mail.items) == 1
    assert len(mail.items[0].sentences) == 1
    assert len(mail.why) == 3


def test_a_treatment_is_followed_by_name_without_its_dose(trial):
    mine = SubscriptionFactory(
        trial=None, treatment_key=topics.treatment_key("GREEN TEA 200 mg"), topic_name="Green tea"
    )
    other = SubscriptionFactory(trial=None, treatment_key="black tea", topic_name="Black tea")
    listing(trial)
    assert heard() == {mine.pk}
    assert other.pk not in heard()


def test_a_saved_search_hears_of_the_trials_that_fit_it(trial):
    fits = SubscriptionFactory(trial=None, search="phase=phase2", topic_name="phase 2")
    SubscriptionFactory(trial=None, search="phase=phase3", topic_name="phase 3")
    TrialSearch.objects.create(
        trial=trial, rank=TrialSearch.OPEN, posted=1, facets=0, minimum_age=0,
        maximum_age=TrialSearch.NO_LIMIT, regions=[],
        terms=[filtered("open"), filtered("p=phase2")],
    )  # fmt: skip
    listing(trial)
    assert heard() == {fits.pk}


def test_matching_twice_changes_nothing(trial, condition):
    near_boston(condition), at_general()
    run = published_run()
    site_change(trial, "site_opened", site("Mass General Hospital", BOSTON), run=run)
    assert matching.match_new_runs(now=NOW) == 2
    MatchedRun.objects.all().delete()
    assert matching.match_new_runs(now=NOW) == 0


def test_a_brief_tells_all_of_a_condition_and_only_in_the_weekly_mail(trial, condition):
    brief = SubscriptionFactory(trial=None, condition=condition, scope="brief", frequency="weekly")
    SubscriptionFactory(trial=None, condition=condition)
    update(trial, kind="eligibility", field="eligibility")
    assert heard() == {brief.pk}
    assert composing.compose_alerts(now=NOW) == 0


# --- the model


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"site_key": "a", "search": "q=b"},
        {"place_latitude": 1.0, "place_longitude": 1.0, "radius_km": 5, "site_key": "a"},
        {"site_key": "a", "scope": "brief", "frequency": "weekly"},
    ],
)
def test_a_subscription_follows_exactly_one_thing(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscriptionFactory(trial=None, **fields)


def test_a_condition_may_be_followed_all_over_and_around_two_places(condition):
    reader = SubscriberFactory()
    SubscriptionFactory(subscriber=reader, trial=None, condition=condition)
    near_boston(condition, subscriber=reader), near_boston(condition, 100, subscriber=reader)
    with pytest.raises(IntegrityError), transaction.atomic():
        near_boston(condition, subscriber=reader)


# --- the form


def ask(client: Client, **form: str) -> Confirmation:
    response = client.post("/updates/", {"email": "ada@example.org", **form})
    assert response.status_code == 200, response.content.decode()
    return Confirmation.objects.latest("pk")


def followed() -> Subscription:
    return Subscription.objects.live().get()


def test_a_place_is_stored_to_a_tenth_of_a_degree_and_without_its_postal_code(client, condition):
    asked = ask(client, condition="lupus", near="02115", within="30 mi")
    assert (asked.place_latitude, asked.place_longitude, asked.radius_km) == (42.3, -71.1, 48)
    assert "02115" not in asked.topic_name
    confirm(asked, now=asked.created_at)
    confirm(asked, now=asked.created_at)
    assert followed().topic.startswith("lupus within 48 km (30 miles) of Boston")


def test_a_site_is_named_by_a_trial_that_it_takes_part_in(client, trial):
    located(trial, site("Mass General Hospital", BOSTON))
    asked = ask(client, site=f"{trial.nct_id}.0")
    confirm(asked, now=asked.created_at)
    assert followed().topic == "Mass General Hospital, Boston"


def test_a_treatment_is_named_by_its_trial(client, trial):
    asked = ask(client, treatment=f"{trial.nct_id}.0")
    confirm(asked, now=asked.created_at)
    assert followed().treatment_key == "green tea"


def test_a_search_is_kept_in_its_canonical_form(client, condition):
    asked = ask(client, search="?page=3&near=42.3601,-71.0589&within=50km&condition=lupus&sort=new")
    assert asked.search == "condition=lupus&near=42.4%2C-71.1&within=50km"
    confirm(asked, now=asked.created_at)
    assert "lupus" in followed().topic


def test_what_a_stranger_types_is_not_mailed_to_the_address(client):
    lines = wish_lines(ask(client, search="q=buy+cheap+pills"))
    assert not any("pills" in line for line in lines)


@pytest.mark.parametrize(
    "form",
    [
        {"condition": "lupus", "near": "Nowhereville Qxz"},
        {"condition": "lupus", "near": "999,999"},
        {"condition": "lupus", "near": "Boston", "within": "99999 km"},
        {"site": "NCT00000000.0"},
        {"site": "x"},
        {"treatment": "NCT00000000.7"},
        {"search": "condition=buy-pills-now"},
        {"search": "sex=blue"},
        {"search": "country=Narnia"},
        {"search": "state=Narnia"},
        {"search": "q=a", "condition": "lupus"},
    ],
)
def test_what_we_do_not_know_can_not_be_followed(client, condition, form):
    assert client.post("/updates/", {"email": "ada@example.org", **form}).status_code == 400
    assert not Confirmation.objects.exists()


def test_unticking_both_boxes_follows_nothing(client, trial, condition):
    Trial.objects.update(subscription_condition=condition)
    page = client.get(f"/trials/{trial.nct_id}/").content.decode()
    assert '<input type="hidden" name="choice" value="1">' in page
    both = {"email": "ada@example.org", "trial": trial.nct_id, "condition": "lupus", "choice": "1"}
    assert client.post("/updates/", both).status_code == 400
    assert not Confirmation.objects.exists()
    client.post("/updates/", both | {"follow_condition": "on"})
    asked = Confirmation.objects.get()
    assert (asked.trial_id, asked.condition_id) == (None, condition.pk)


def test_the_page_offers_what_its_address_names(client, trial, condition):
    located(trial, site("Mass General Hospital", BOSTON))
    page = client.get("/updates/?condition=lupus&near=Boston&within=50km").content.decode()
    assert 'value="Boston"' in page
    assert '<option value="50km" selected>' in page
    assert "A weekly brief of all its trials" in page
    page = client.get(f"/updates/?site={trial.nct_id}.0").content.decode()
    assert "trials at Mass General Hospital, Boston" in page
    assert f'<input type="hidden" name="site" value="{trial.nct_id}.0">' in page
    assert "A weekly brief of all its trials" not in page


def test_a_brief_comes_weekly_whatever_the_form_says(client, condition):
    asked = ask(client, condition="lupus", scope="brief", frequency="at-once")
    confirm(asked, now=asked.created_at)
    assert (followed().scope, followed().frequency) == ("brief", "weekly")


def test_the_page_of_a_trial_offers_its_treatments_and_named_sites(client, trial):
    located(trial, site("Mass General Hospital", BOSTON), site("Research Site", BOSTON))
    page = client.get(f"/updates/?trial={trial.nct_id}").content.decode()
    offered = re.findall(r'href="(/updates/\?(?:site|treatment)=[^"]+)"', page)
    assert offered == [f"/updates/?{name}={trial.nct_id}.{n}" for name, n in
                       (("treatment", 0), ("treatment", 1), ("site", 0))]  # fmt: skip
    assert all(b'<input type="hidden" name="' in client.get(path).content for path in offered)


def test_an_empty_list_leads_to_following_that_search(client, condition):
    page = client.get("/trials/?condition=lupus&q=unheard").content.decode()
    (path,) = re.findall(r'href="(/updates/\?search=[^"]+)"', page)
    assert "your search" in client.get(path).content.decode()
