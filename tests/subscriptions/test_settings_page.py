"""A reader's own page: reached by a mailed link, once, and closed to everybody else."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from subscriptions import addresses, confirmations, leaving, links, signup, time_zones
from subscriptions.models import Confirmation, Email, Subscriber, Subscription
from tests.factories import ConditionFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db
PAGE = "/updates/settings/"


@pytest.fixture
def subscription() -> Subscription:
    return SubscriptionFactory(subscriber__email="ada@example.org")


def mailed(address: str = "ada@example.org") -> Confirmation:
    row = signup.ask_to_manage(address, now=timezone.now())
    confirmations.prepare(now=timezone.now())
    row.refresh_from_db()
    return row


def path_of(row: Confirmation) -> str:
    return links.manage_url(row).removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def inside(client: Client, subscription: Subscription) -> Client:
    assert client.post(path_of(mailed())).status_code == 302
    return client


def test_only_a_known_address_is_mailed_a_link_and_both_get_the_same_answer(client, subscription):
    pages = [client.post("/updates/manage/", {"email": a}).content for a in ("ada@example.org", "nobody@example.org")]
    assert pages[0] == pages[1]
    confirmations.prepare(now=timezone.now())
    assert [mail.confirmation.email for mail in Email.objects.all()] == ["ada@example.org"]


@pytest.mark.parametrize("purpose", ["manage", "subscribe"])
def test_a_known_address_is_written_to_as_it_was_confirmed_however_it_is_typed(subscription, purpose):
    now = timezone.now()
    if purpose == "manage":
        signup.ask_to_manage("ADA@example.org", now=now)
    else:
        signup.ask(signup.Wish("ADA@example.org", trial=subscription.trial), now=now)
    confirmations.prepare(now=now)
    assert Email.objects.get().confirmation.email == "ada@example.org"


def test_the_link_opens_by_a_button_and_once(client, subscription):
    path = path_of(mailed())
    for _ in range(3):
        assert b"<button" in client.get(path).content
    assert client.post(path).status_code == 302
    assert b"ada@example.org" in client.get(PAGE).content
    assert b"does not work any more" in Client().post(path).content


def test_the_link_dies_after_a_quarter_of_an_hour(client, subscription):
    row = mailed()
    Confirmation.objects.update(mailed_at=timezone.now() - timedelta(minutes=16))
    assert b"does not work any more" in client.post(path_of(row)).content


def test_nobody_sees_the_page_without_the_link(client, subscription):
    response = client.get(PAGE)
    assert b"ada@example.org" not in response.content
    assert b"does not work any more" in client.post("/updates/settings/export/").content


def test_the_page_closes_after_an_hour(inside):
    session = inside.session
    session["subscriptions.since"] -= 3601
    session.save()
    assert b"ada@example.org" not in inside.get(PAGE).content


def test_a_post_without_the_pages_token_changes_nothing(subscription):
    strict = Client(enforce_csrf_checks=True)
    strict.post(path_of(mailed()))
    assert strict.post(PAGE, {"action": "erase"}).status_code == 403
    assert strict.post("/updates/settings/export/").status_code == 403
    assert Subscriber.objects.exclude(email=None).exists()


def test_the_pace_of_a_subscription_can_be_set(inside, subscription):
    inside.post(PAGE, {"action": "pace", "subscription": subscription.pk, "frequency": "weekly", "scope": "everything"})
    subscription.refresh_from_db()
    assert (subscription.frequency, subscription.scope) == ("weekly", "everything")


@pytest.mark.parametrize("action", ["pace", "stop"])
def test_nobody_touches_another_readers_subscription(inside, action):
    other = SubscriptionFactory()
    inside.post(PAGE, {"action": action, "subscription": other.pk, "frequency": "weekly", "scope": "everything"})
    other.refresh_from_db()
    assert (other.frequency, other.ended_at) == ("at-once", None)


@pytest.mark.parametrize(
    "rude", [{}, {"action": "x"}, {"action": "pause", "months": "999"}, {"action": "stop", "subscription": "-1"},
             {"action": "pace", "subscription": "9" * 40, "frequency": "daily", "scope": "matters"},
             {"action": "hours", "hour": "25", "weekday": "0", "time_zone": "Mars/Base"},
             {"action": "change", "email": "x"}]
)  # fmt: skip
def test_a_rude_request_gets_the_page_and_changes_nothing(inside, rude):
    before = list(Subscriber.objects.values()), list(Subscription.objects.values())
    assert inside.post(PAGE, rude).status_code == 200
    assert (list(Subscriber.objects.values()), list(Subscription.objects.values())) == before


def test_one_subscription_or_all_can_be_stopped(inside, subscription):
    SubscriptionFactory(subscriber=subscription.subscriber)
    inside.post(PAGE, {"action": "stop", "subscription": subscription.pk})
    assert Subscription.objects.live().count() == 1
    inside.post(PAGE, {"action": "stop-all"})
    assert not Subscription.objects.live().exists()


@pytest.mark.parametrize("make", [links.unsubscribe_url, links.one_click_url])
def test_the_page_behind_a_link_to_stop_says_what_has_stopped_already(client, subscription, make):
    path = make(subscription.subscriber, [subscription.pk]).removeprefix("http://127.0.0.1:8000")
    other = SubscriptionFactory(subscriber=subscription.subscriber)
    assert b"stopped" not in client.get(path).content
    leaving.unsubscribe(subscription.subscriber_id, [subscription.pk], now=timezone.now())
    page = client.get(path).content
    assert b"You have stopped these mails already" in page
    assert other.trial.nct_id.encode() not in page
    leaving.unsubscribe(subscription.subscriber_id, [], now=timezone.now())
    assert b"Your mails have stopped" in client.get(path).content
    assert b"stopped before" in client.get(path).content


def test_a_pause_of_one_to_three_months_can_end_early(inside):
    inside.post(PAGE, {"action": "pause", "months": "2"})
    until = Subscriber.objects.get().paused_until
    assert until is not None
    assert timedelta(days=59) < until - timezone.now() < timedelta(days=61)
    inside.post(PAGE, {"action": "resume"})
    assert Subscriber.objects.get().paused_until is None


def test_hour_zone_and_neutral_mails_can_be_chosen(inside):
    inside.post(
        PAGE, {"action": "hours", "hour": "19", "weekday": "4", "time_zone": "America/New_York", "is_neutral": "on"}
    )
    reader = Subscriber.objects.get()
    assert (reader.digest_hour, reader.digest_weekday, reader.time_zone) == (19, 4, "America/New_York")
    assert reader.is_neutral


def test_time_zones_are_offered_once_each_by_region(inside):
    page = inside.get(PAGE).content.decode()
    for group in ("Europe", "The Americas", "Pacific Ocean"):
        assert f'<optgroup label="{group}">' in page
    for name, words in (("Europe/Oslo", "Oslo"), ("America/Indiana/Knox", "Knox, Indiana")):
        assert f'<option value="{name}">{words}</option>' in page
    for alias in ("Asia/Calcutta", "US/Eastern", "America/Buenos_Aires", "Brazil/East", "Etc/GMT"):
        assert alias not in page
    assert 300 < page.count("<option value=") - 40 < 460


def test_a_time_zone_chosen_from_a_longer_list_can_be_kept_and_no_other_such(inside):
    Subscriber.objects.update(time_zone="US/Eastern")
    assert '<option value="US/Eastern" selected>US/Eastern</option>' in inside.get(PAGE).content.decode()
    hours = {"action": "hours", "hour": "7", "weekday": "0"}
    assert b"Saved." in inside.post(PAGE, {**hours, "time_zone": "US/Eastern"}).content
    assert b"Choose an hour" in inside.post(PAGE, {**hours, "time_zone": "US/Pacific"}).content
    reader = Subscriber.objects.get()
    assert (reader.time_zone, reader.digest_hour) == ("US/Eastern", 7)


def test_without_the_table_of_zones_every_place_is_offered(monkeypatch):
    time_zones.canonical.cache_clear()
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    assert "Europe/Oslo" in time_zones.canonical()
    assert not [name for name in time_zones.canonical() if name.startswith("Etc/")]
    time_zones.canonical.cache_clear()


def test_a_new_address_counts_once_it_is_confirmed(inside):
    inside.post(PAGE, {"action": "change", "email": "new@example.org"})
    assert Subscriber.objects.get().email == "ada@example.org"
    confirmations.prepare(now=timezone.now())
    row = Confirmation.objects.get(purpose="change")
    path = links.confirm_url(row).removeprefix("http://127.0.0.1:8000")
    assert b"this address" in inside.get(path).content
    inside.post(path)
    assert Subscriber.objects.get().email == "new@example.org"


def test_changes_of_the_address_count_for_the_limits_of_a_network(inside, settings):
    settings.SIGNUP_LIMITS = "network=2"
    answers = [inside.post(PAGE, {"action": "change", "email": f"victim{n}@example.org"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert not Confirmation.objects.filter(key=addresses.key("victim2@example.org")).exists()


def test_the_export_holds_all_about_me_and_nobody_else(inside, subscription):
    SubscriptionFactory(subscriber__email="other@example.org")
    SubscriptionFactory(subscriber=subscription.subscriber, trial=None, condition=ConditionFactory(name="fatigue"))
    response = inside.post("/updates/settings/export/")
    data = json.loads(response.content)
    assert response["Content-Disposition"].startswith("attachment")
    assert data["email"] == "ada@example.org"
    assert [each["follows"] for each in data["subscriptions"]][1] == "fatigue"
    assert b"other@" not in response.content


def test_erasing_forgets_the_address_everywhere_at_once(inside):
    mailed()
    signup.ask(signup.Wish("ada@example.org"), now=timezone.now())
    inside.post(PAGE, {"action": "erase"})
    assert not Subscriber.objects.exclude(email=None).exists()
    assert not Confirmation.objects.exists()
    assert not Subscription.objects.live().exists()
    assert b"ada@" not in inside.get(PAGE).content


def test_what_is_too_old_goes_and_what_is_needed_stays():
    now = timezone.now()
    fresh, stale = (signup.ask(signup.Wish("a@example.org", network="n"), now=now - timedelta(days=d)) for d in (2, 8))
    live = SubscriptionFactory().subscriber
    left = SubscriptionFactory(ended_at=now - timedelta(days=29), ended_reason="unsubscribed").subscriber
    just_left = SubscriptionFactory(ended_at=now - timedelta(days=27), ended_reason="unsubscribed").subscriber
    SubscriberFactory(created_at=now)
    leaving.tidy(now=now)
    assert list(Confirmation.objects.values_list("pk", "network")) == [(fresh.pk, "")]
    assert not Confirmation.objects.filter(pk=stale.pk).exists()
    assert [person.pk for person in Subscriber.objects.filter(email=None)] == [left.pk]
    assert Subscriber.objects.exclude(email=None).filter(pk__in=[live.pk, just_left.pk]).count() == 2
    assert leaving.tidy(now=now) == 0


# --- Around which place a condition is followed -----------------------------------------------------------------------


@pytest.fixture
def condition_followed(inside: Client, subscription: Subscription) -> Subscription:
    condition = ConditionFactory(name="lupus")
    return SubscriptionFactory(subscriber=subscription.subscriber, trial=None, condition=condition)


def set_place(client: Client, followed: Subscription, near: str, within: str = "50 km") -> str:
    values = {"action": "place", "subscription": followed.pk, "near": near, "within": within}
    page = client.post(PAGE, values).content.decode()
    followed.refresh_from_db()
    return page


def test_a_place_can_be_set_changed_and_taken_away(inside, condition_followed):
    assert "Saved." in set_place(inside, condition_followed, "52.52,13.4")
    assert (condition_followed.place_latitude, condition_followed.radius_km) == (52.5, 50)
    page = inside.get(PAGE).content.decode()
    assert f'value="{condition_followed.topic_name}"' in page
    assert "Saved." in set_place(inside, condition_followed, condition_followed.topic_name, "30 mi")
    assert (condition_followed.place_latitude, condition_followed.radius_km) == (52.5, 48)
    assert "Saved." in set_place(inside, condition_followed, "")
    assert (condition_followed.place_latitude, condition_followed.radius_km) == (None, None)
    assert condition_followed.topic_name == ""


def test_an_unknown_place_and_a_wild_distance_change_nothing(inside, condition_followed):
    assert "We do not know this place" in set_place(inside, condition_followed, "Nowhereville-upon-Nothing")
    assert "up to 1000 km" in set_place(inside, condition_followed, "52.52,13.4", "5000 km")
    assert not condition_followed.has_place


def test_the_same_condition_is_not_followed_twice_around_one_place(inside, condition_followed):
    again = SubscriptionFactory(
        subscriber=condition_followed.subscriber, trial=None, condition=condition_followed.condition,
        place_latitude=52.5, place_longitude=13.4, radius_km=50, topic_name="Berlin",
    )  # fmt: skip
    assert "you follow that place already" in set_place(inside, again, "")
    assert again.has_place


def test_neither_a_trial_nor_a_brief_nor_anothers_subscription_takes_a_place(inside, subscription, condition_followed):
    Subscription.objects.filter(pk=condition_followed.pk).update(scope="brief", frequency="weekly")
    stranger = SubscriptionFactory(trial=None, condition=ConditionFactory())
    for followed in (subscription, condition_followed, stranger):
        assert "Saved." not in set_place(inside, followed, "52.52,13.4")
        assert not followed.has_place
