"""Links that a later step has made void: whoever still holds one gets the neutral page, and nothing happens."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from subscriptions import composing, confirmations, leaving, links, matching, signup
from subscriptions.models import Confirmation, Email, Subscriber, Subscription
from subscriptions.signup import Wish
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, update

pytestmark = pytest.mark.django_db
ADDRESS, TYPO, RIGHT = "ada@example.org", "abe@example.org", "ada@new.example.org"
PAGE = "/updates/settings/"
NEUTRAL = b"This link does not work any more"


@pytest.fixture
def subscription() -> Subscription:
    return SubscriptionFactory(subscriber__email=ADDRESS, trial__nct_id="NCT99000001")


@pytest.fixture
def inside(client: Client, subscription: Subscription) -> Client:
    row = mailed(signup.ask_to_manage(ADDRESS, now=timezone.now()))
    client.post(path(links.manage_url(row)))
    return client


def path(url: str) -> str:
    return url.removeprefix("http://127.0.0.1:8000")


def mailed(row: Confirmation) -> Confirmation:
    confirmations.prepare(now=timezone.now())
    row.refresh_from_db()
    return row


def change(client: Client, email: str) -> str:
    """Ask for the new address on the page; the path of the link that its mailbox gets."""
    client.post(PAGE, {"action": "change", "email": email})
    return path(links.confirm_url(mailed(Confirmation.objects.filter(purpose="change").latest("pk"))))


def press(link: str) -> bytes:
    return Client().post(link).content


def address() -> str | None:
    return Subscriber.objects.get().email


# --- A change of the address ------------------------------------------------------------------------------------------


def test_the_link_to_a_mistyped_address_is_void_once_the_right_one_is_confirmed(inside):
    mistyped, right = change(inside, TYPO), change(inside, RIGHT)
    assert b"Your new address is set" in press(right)
    assert NEUTRAL in press(mistyped)
    assert NEUTRAL in Client().get(mistyped).content
    assert address() == RIGHT


def test_the_link_to_a_mistyped_address_is_void_as_soon_as_another_is_asked_for(inside):
    mistyped, right = change(inside, TYPO), change(inside, RIGHT)
    assert NEUTRAL in press(mistyped)
    assert address() == ADDRESS
    assert not Confirmation.objects.filter(email=TYPO).exists()
    assert b"Your new address is set" in press(right)


def test_a_void_link_that_was_not_mailed_yet_is_not_mailed_any_more(inside):
    inside.post(PAGE, {"action": "change", "email": TYPO})
    change(inside, RIGHT)
    assert list(Email.objects.filter(kind="change").values_list("confirmation__email", flat=True)) == [RIGHT]


def test_the_same_new_address_asked_for_twice_can_be_confirmed_by_either_link(inside):
    first, second = change(inside, RIGHT), change(inside, RIGHT)
    for link in (first, second):
        assert b"Your new address is set" in press(link)
    assert address() == RIGHT


def test_an_address_corrected_back_and_forth_gets_a_link_that_works(inside):
    change(inside, RIGHT), change(inside, TYPO)
    inside.post(PAGE, {"action": "change", "email": RIGHT})
    later = timezone.now() + timedelta(minutes=11)
    confirmations.prepare(now=later)
    row = Confirmation.objects.filter(purpose="change").latest("pk")
    assert row.mailed_at == later
    assert b"Your new address is set" in press(path(links.confirm_url(row)))


def test_a_joined_readers_own_change_is_void_too(inside):
    other = SubscriberFactory(email=RIGHT)
    mistyped = mailed(signup.ask_to_change(other, TYPO, now=timezone.now()))
    press(change(inside, RIGHT))
    assert NEUTRAL in press(path(links.confirm_url(mistyped)))
    other.refresh_from_db()
    assert other.email == RIGHT


def test_a_change_is_void_after_the_reader_stopped_every_mail(inside):
    link = change(inside, RIGHT)
    inside.post(PAGE, {"action": "stop-all"})
    assert NEUTRAL in press(link)
    assert address() == ADDRESS


def test_a_used_change_tells_nothing_once_the_address_has_changed_again(inside, subscription):
    first = change(inside, TYPO)
    press(first)
    subscription.subscriber.refresh_from_db()
    press(path(links.confirm_url(mailed(signup.ask_to_change(subscription.subscriber, RIGHT, now=timezone.now())))))
    assert NEUTRAL in Client().get(first).content
    assert address() == RIGHT


# --- What the old address still holds ---------------------------------------------------------------------------------


def test_settings_opened_by_the_old_address_close_when_it_changes(inside):
    press(change(inside, RIGHT))
    assert NEUTRAL in inside.get(PAGE).content
    assert NEUTRAL in inside.post("/updates/settings/export/").content
    inside.post(PAGE, {"action": "erase"})
    assert address() == RIGHT


def test_a_settings_link_of_the_old_address_opens_nothing_after_a_change(inside):
    row = mailed(signup.ask_to_manage(ADDRESS, now=timezone.now()))
    press(change(inside, RIGHT))
    assert NEUTRAL in press(path(links.manage_url(row)))


@pytest.mark.parametrize("make", [links.unsubscribe_url, links.one_click_url])
@pytest.mark.parametrize("all_of_them", [True, False])
def test_links_to_stop_that_the_old_address_got_stop_nothing_of_the_new_one(inside, subscription, make, all_of_them):
    link = path(make(subscription.subscriber, [] if all_of_them else [subscription.pk]))
    press(change(inside, RIGHT))
    assert b"NCT99000001" not in Client().get(link).content
    response = Client().post(link, {"List-Unsubscribe": "One-Click", "stop": "all"})
    assert (response.status_code, NEUTRAL in response.content) == (200, True)
    assert Subscription.objects.live().count() == 1


def test_links_to_stop_go_on_saying_so_after_the_address_is_forgotten(client, subscription):
    link = path(links.one_click_url(subscription.subscriber, [subscription.pk]))
    leaving.erase(subscription.subscriber, now=timezone.now())
    assert b"Your mails have stopped" in client.post(link, {"List-Unsubscribe": "One-Click"}).content


def test_links_to_stop_of_our_first_mails_which_bear_no_mark_still_work(client, subscription, monkeypatch):
    monkeypatch.setattr(Subscriber, "address_mark", "")
    link = path(links.one_click_url(subscription.subscriber, [subscription.pk]))
    monkeypatch.undo()
    client.post(link, {"List-Unsubscribe": "One-Click"})
    assert not Subscription.objects.live().exists()


def test_the_page_of_a_whole_mail_closes_to_the_old_address(client, subscription):
    update(subscription.trial)
    matching.match_new_runs(now=timezone.now())
    composing.compose_alerts(now=timezone.now())
    link = path(links.mail_url(Email.objects.get(), subscription.subscriber))
    assert b"All of your mail" in client.get(link).content
    signup.confirm(signup.ask_to_change(subscription.subscriber, RIGHT, now=timezone.now()), now=timezone.now())
    assert NEUTRAL in client.get(link).content


# --- A sign-up --------------------------------------------------------------------------------------------------------


def asked(**topics: object) -> Confirmation:
    return signup.ask(Wish(ADDRESS, **topics), now=timezone.now())


def test_an_older_sign_up_for_the_same_is_void_once_the_newer_is_confirmed():
    trial = TrialFactory()
    older, newer = asked(trial=trial, frequency="weekly"), asked(trial=trial, frequency="daily")
    signup.confirm(newer, now=timezone.now())
    assert b"Your updates are on" not in press(path(links.confirm_url(older)))
    assert Subscription.objects.get().frequency == "daily"


def test_an_older_sign_up_for_something_else_too_can_still_be_confirmed():
    trial, condition = TrialFactory(), ConditionFactory()
    older, newer = asked(trial=trial, condition=condition), asked(trial=trial)
    signup.confirm(newer, now=timezone.now())
    press(path(links.confirm_url(older)))
    assert Subscription.objects.live().count() == 2


def test_a_sign_up_asked_for_before_every_mail_was_stopped_begins_nothing(subscription):
    row = mailed(asked(trial=TrialFactory()))
    leaving.unsubscribe(subscription.subscriber_id, [], now=timezone.now())
    assert NEUTRAL in press(path(links.confirm_url(row)))
    assert not Subscription.objects.live().exists()


def test_stopping_one_topic_takes_back_what_was_asked_for_about_it_and_no_more(subscription):
    again, other = mailed(asked(trial=subscription.trial, frequency="daily")), asked(trial=TrialFactory())
    SubscriptionFactory(subscriber=subscription.subscriber)
    leaving.unsubscribe(subscription.subscriber_id, [subscription.pk], now=timezone.now())
    assert NEUTRAL in press(path(links.confirm_url(again)))
    assert b"Your updates are on" in press(path(links.confirm_url(other)))


def test_a_confirmed_sign_up_does_not_say_that_mails_are_on_after_leaving(client, subscription):
    row = asked(trial=subscription.trial)
    assert b"Your updates are on" in press(path(links.confirm_url(row)))
    leaving.unsubscribe(subscription.subscriber_id, [], now=timezone.now())
    for content in (client.get(path(links.confirm_url(row))).content, press(path(links.confirm_url(row)))):
        assert NEUTRAL in content


def test_who_left_and_signs_up_again_at_once_gets_a_new_mail(subscription):
    first = mailed(asked(trial=subscription.trial))
    press(path(links.confirm_url(first)))
    leaving.unsubscribe(subscription.subscriber_id, [], now=timezone.now())
    again, later = asked(trial=subscription.trial), timezone.now() + timedelta(minutes=11)
    confirmations.prepare(now=later)
    again.refresh_from_db()
    assert again.mailed_at == later
