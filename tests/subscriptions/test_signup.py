"""Asking and confirming: what a stranger can and cannot cause."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery import Celery
from django.core import signing
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subscriptions import addresses, confirmations, leaving, links, signup
from subscriptions.models import Confirmation, Email, Subscriber, Subscription, Suppression
from subscriptions.signup import Wish
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory
from trials.models import Trial
from trials.waking import _send as real_send

ADDRESS = "ada@example.org"


@pytest.fixture
def trial(db: None) -> Trial:
    return TrialFactory(nct_id="NCT99000001")


def post(client: Client, **fields: object) -> object:
    return client.post("/updates/", {"email": ADDRESS, "trial": "NCT99000001", **fields})


def asked(trial: Trial | None = None, *, now=None, **fields) -> Confirmation:
    return signup.ask(Wish(ADDRESS, trial=trial, **fields), now=now or timezone.now())


@pytest.mark.parametrize(
    "rude",
    ["", "ada", "ada@", "@example.org", "a@x.org,b@x.org", "a@x.org;b@x.org", '"A <b@y.org>"@x.org', "a b@x.org",
     "Ada <ada@x.org>", "ada@localhost", "ada@[127.0.0.1]", "ada@example", "a@x.org\nBcc: b@x.org", "a@x.org\r\n",
     "a..b@x.org", ".a@x.org", "😀@x.org", "ü@x.org", "a" * 65 + "@x.org", "a@" + "x" * 250 + ".org", "a@x..org",
     '["a@x.org"]', "a@x.org\x00", "a@-x.org", "%0d%0a@x.org,c@x.org"],
)  # fmt: skip
def test_a_rude_address_is_refused_and_leaves_nothing(client, trial, rude):
    assert post(client, email=rude).status_code == 400
    assert not Confirmation.objects.exists()


def test_a_slip_in_the_address_is_told_beside_what_was_typed(client, trial):
    html = post(client, email="reader@example").content.decode()
    assert "Nothing was sent yet." in html
    assert 'value="reader@example" aria-invalid="true"' in html


@pytest.mark.parametrize("odd", ["o'neill+trials@example.co.uk", "A.B-c_d@EXAMPLE.org", "a@bücher.example"])
def test_an_unusual_address_is_taken(client, trial, odd):
    assert post(client, email=odd).status_code == 200


def test_two_spellings_of_a_mailbox_are_one_address(db):
    assert addresses.key(addresses.clean("Ada@Example.ORG")) == addresses.key(addresses.clean("ada@example.org"))


@pytest.mark.parametrize(
    "fields",
    [{"email": ["a@x.org", "b@x.org"]}, {"trial": "NCT00000000"}, {"trial": "", "condition": "no-such"}, {"trial": ""},
     {"trial": "-1"}, {"frequency": "hourly"}, {"scope": "all"}, {"choice": "1"}, {"trial": "x" * 100_000}],
)  # fmt: skip
def test_what_no_form_of_ours_sends_is_refused(client, trial, fields):
    response = post(client, **fields)
    assert response.status_code == 400
    assert not Confirmation.objects.exists()


def test_a_json_body_is_refused(client, trial):
    assert client.post("/updates/", '{"email": ["a@x.org"]}', content_type="application/json").status_code == 400


def test_only_ticked_topics_are_followed(client, trial):
    condition = ConditionFactory(name="fatigue")
    post(client, condition=condition.slug, follow_condition="on")
    row = Confirmation.objects.get()
    assert (row.trial, row.condition) == (None, condition)


def test_a_foreign_page_cannot_sign_anybody_up(client, trial):
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert client.post("/updates/", {"email": ADDRESS, "trial": trial.nct_id}, headers=headers).status_code == 403
    assert not Confirmation.objects.exists()


def test_the_answer_and_the_work_are_the_same_for_every_address(client, trial, django_assert_num_queries):
    SubscriptionFactory(subscriber__email="known@example.org", trial=trial)
    Suppression.objects.create(key=addresses.key("bad@example.org"), reason="bounced", created_at=timezone.now())
    answers = []
    post(client)
    for address in ("new@example.org", "known@example.org", "bad@example.org", ADDRESS):
        with django_assert_num_queries(5):
            response = post(client, email=address)
        answers.append((response.status_code, response.content, sorted(response.items()), list(response.cookies)))
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("listens", [True, False])
def test_a_broker_that_does_not_answer_holds_nobody_up(listens, settings, caplog):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        if listens:
            deaf.listen()
        app = Celery(broker=f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {"socket_timeout": 0.2}

        @app.task(name="tests.nothing")
        def task() -> None: ...

        start = time.monotonic()
        for _ in range(20):
            real_send(task)
        assert time.monotonic() - start < 0.5
        until(lambda: "did not take tests.nothing" in caplog.text)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_fifty_presses_in_parallel_make_one_mail_and_one_subscription():
    TrialFactory(nct_id="NCT99000001")

    def press(_: int) -> int:
        status = post(Client()).status_code
        confirmations.prepare(now=timezone.now())
        connection.close()
        return int(status)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(press, range(50))) == {200}
    assert Email.objects.count() == 1

    mailed = Confirmation.objects.get(mailed_at__isnull=False)

    def confirm(_: int) -> int:
        status = Client().post(path_of(mailed)).status_code
        connection.close()
        return int(status)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(confirm, range(50))) == {200}
    assert Subscription.objects.count() == 1


def path_of(row: Confirmation) -> str:
    return links.confirm_url(row).removeprefix("http://127.0.0.1:8000")


def test_another_wish_of_an_address_waits_ten_minutes_and_is_then_mailed(trial):
    now = timezone.now()
    asked(trial, now=now)
    confirmations.prepare(now=now)
    other = asked(condition=ConditionFactory(), now=now + timedelta(minutes=1))
    assert confirmations.prepare(now=now + timedelta(minutes=1)) == 0
    assert confirmations.prepare(now=now + timedelta(minutes=9)) == 0
    assert confirmations.prepare(now=now + timedelta(minutes=11)) == 1
    assert Email.objects.filter(confirmation=other).exists()


def test_wishes_that_waited_together_are_confirmed_together(trial):
    now = timezone.now()
    asked(trial, now=now)
    asked(condition=ConditionFactory(), now=now)
    assert confirmations.prepare(now=now) == 1
    signup.confirm(Email.objects.get().confirmation, now=now)
    assert Subscription.objects.live().count() == 2


def test_three_confirmation_mails_a_day_and_no_more(trial):
    start = timezone.now()
    count = 0
    for tick in range(30):
        now = start + timedelta(minutes=20 * tick)
        asked(trial, now=now)
        count += confirmations.prepare(now=now)
    assert count == 3


def test_a_network_past_its_limit_gets_429_and_others_do_not(client, trial, settings):
    settings.SIGNUP_LIMITS = "network=3"
    statuses = [
        post(
            client,
            email=f"a{n}@example.org",
        ).status_code
        for n in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]
    refused = post(client)
    assert int(refused["Retry-After"]) > 0
    forged = client.post("/updates/", {"email": ADDRESS, "trial": trial.nct_id}, headers={"x-forwarded-for": "9.9.9.9"})
    assert forged.status_code == 429
    assert (
        Client(REMOTE_ADDR="10.1.2.3").post("/updates/", {"email": ADDRESS, "trial": trial.nct_id}).status_code == 200
    )


def test_the_site_has_a_limit_too(client, trial, settings):
    settings.SIGNUP_LIMITS = "site=2"
    statuses = [
        Client(REMOTE_ADDR=f"10.1.{n}.3").post("/updates/", {"email": ADDRESS, "trial": trial.nct_id}).status_code
        for n in range(4)
    ]
    assert statuses == [200, 200, 429, 429]


def test_a_full_domain_waits(trial, settings):
    settings.SIGNUP_LIMITS = "domain=1"
    now = timezone.now()
    for name in ("a", "b"):
        signup.ask(Wish(f"{name}@example.org", trial=trial), now=now)
    signup.ask(Wish("c@example.net", trial=trial), now=now)
    assert confirmations.prepare(now=now) == 2
    assert confirmations.prepare(now=now + timedelta(minutes=70)) == 1


def test_a_bounced_address_gets_no_confirmation_until_a_month_has_passed(trial):
    now = timezone.now()
    Suppression.objects.create(key=addresses.key(ADDRESS), reason="bounced", created_at=now)
    asked(trial, now=now)
    assert confirmations.prepare(now=now) == 0
    later = now + timedelta(days=31)
    row = asked(trial, now=later)
    assert confirmations.prepare(now=later) == 1
    row.refresh_from_db()
    signup.confirm(row, now=later)
    assert not Suppression.objects.exists()


def test_a_complaint_is_final(trial):
    Suppression.objects.create(key=addresses.key(ADDRESS), reason="complained", created_at=timezone.now())
    later = timezone.now() + timedelta(days=400)
    asked(trial, now=later)
    assert confirmations.prepare(now=later) == 0


def test_who_erased_the_address_can_sign_up_again(trial):
    now = timezone.now()
    signup.confirm(asked(trial), now=now)
    leaving.erase(Subscriber.objects.get(), now=now)
    assert not Subscriber.objects.exclude(email=None).exists()
    signup.confirm(asked(trial), now=now)
    assert Subscription.objects.live().count() == 1
    assert not Suppression.objects.exists()


def test_a_confirmation_works_for_seven_days_and_then_shows_a_neutral_page(client, trial):
    row = asked(trial, now=timezone.now() - timedelta(days=7, minutes=1))
    for response in (client.get(path_of(row)), client.post(path_of(row))):
        assert response.status_code == 200
        assert b"does not work any more" in response.content
    assert not Subscription.objects.exists()


def test_a_second_press_changes_nothing_and_says_the_same(client, trial):
    row = asked(trial)
    first, second = client.post(path_of(row)), client.post(path_of(row))
    assert first.content == second.content
    assert Subscription.objects.count() == 1


def test_a_confirmation_pressed_after_leaving_does_not_bring_the_mails_back(client, trial):
    row = asked(trial)
    client.post(path_of(row))
    leaving.unsubscribe(Subscriber.objects.get().pk, [], now=timezone.now())
    client.post(path_of(row))
    assert not Subscription.objects.live().exists()


def test_a_confirmation_pressed_after_erasing_shows_the_neutral_page(client, trial):
    row = asked(trial)
    client.post(path_of(row))
    leaving.erase(Subscriber.objects.get(), now=timezone.now())
    assert b"does not work any more" in client.post(path_of(row)).content


@pytest.mark.parametrize("token", ["x", "a:b", "a" * 300, "WzEsMl0:abc", "..", "é"])
@pytest.mark.parametrize("page", ["confirm/{}/", "unsubscribe/{}/", "unsubscribe/{}/one-click/", "manage/{}/"])
def test_a_wrong_token_gets_a_clear_page(client, db, page, token):
    for method in (client.get, client.post):
        response = method("/updates/" + page.format(token))
        assert response.status_code == 200
        assert b"does not work any more" in response.content


def test_a_byte_that_no_address_of_ours_holds_is_a_bad_request(client, db):
    assert client.get("/updates/confirm/%00/").status_code == 400


def test_a_token_opens_only_the_page_it_was_made_for(client, trial):
    subscription = SubscriptionFactory(trial=trial)
    reader, row = subscription.subscriber, asked(trial)
    made = {
        "confirm/{}/": links.confirm_url(row),
        "manage/{}/": links.manage_url(row),
        "unsubscribe/{}/": links.unsubscribe_url(reader, [subscription.pk]),
        "unsubscribe/{}/one-click/": links.one_click_url(reader, [subscription.pk]),
    }
    for page, url in made.items():
        token = url.removesuffix("/one-click/").rstrip("/").rpartition("/")[2]
        for other in made.keys() - {page}:
            response = client.post("/updates/" + other.format(token), {"List-Unsubscribe": "One-Click"})
            assert b"does not work any more" in response.content
    assert Subscription.objects.live().count() == 1


def test_links_outlive_a_change_of_the_secret_key_with_a_fallback(client, trial, settings):
    subscription = SubscriptionFactory(trial=trial)
    url = links.one_click_url(subscription.subscriber, [subscription.pk]).removeprefix("http://127.0.0.1:8000")
    settings.SECRET_KEY, old = "n" * 50, settings.SECRET_KEY
    assert b"does not work any more" in client.post(url, {"List-Unsubscribe": "One-Click"}).content
    settings.SECRET_KEY_FALLBACKS = [old]
    client.post(url, {"List-Unsubscribe": "One-Click"})
    assert not Subscription.objects.live().exists()


def test_no_token_holds_an_address(trial):
    row, subscription = asked(trial), SubscriptionFactory(trial=trial)
    for url in (links.confirm_url(row), links.unsubscribe_url(subscription.subscriber, [subscription.pk])):
        payload = url.rstrip("/").rpartition("/")[2].rpartition(":")[0]
        assert "@" not in str(signing.b64_decode(payload.encode().lstrip(b".")))


def test_pages_behind_links_are_not_stored_indexed_or_leaked(client, trial):
    response = client.get(path_of(asked(trial)))
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert b"noindex" in response.content


def test_a_subscription_asked_for_again_takes_the_new_pace(trial):
    now = timezone.now()
    signup.confirm(asked(trial), now=now)
    signup.confirm(asked(trial, frequency="daily"), now=now)
    assert [s.frequency for s in Subscription.objects.live()] == ["daily"]


def test_the_consent_is_kept_with_the_subscription(client, trial):
    response = client.post(
        "/updates/",
        {"email": ADDRESS, "trial": trial.nct_id},
        headers={"referer": "http://testserver/trials/NCT99000001/?q=private"},
    )
    assert response.status_code == 200
    row = Confirmation.objects.get()
    signup.confirm(row, now=timezone.now())
    kept = Subscription.objects.get()
    assert (kept.consent_version, kept.source, kept.consented_at) == ("2026-11", "/trials/NCT99000001/", row.created_at)


def test_a_moved_address_keeps_its_subscriptions_and_the_old_one_is_told(trial):
    now = timezone.now()
    subscription = SubscriptionFactory(trial=trial, subscriber__email="old@example.org")
    row = signup.ask_to_change(subscription.subscriber, "new@example.org", now=now)
    signup.confirm(row, now=now)
    confirmations.prepare(now=now)
    assert Subscriber.objects.get().email == "new@example.org"
    assert Email.objects.get(kind="notice").confirmation.email == "old@example.org"


def test_moving_to_a_known_address_joins_the_two(trial):
    now = timezone.now()
    old = SubscriptionFactory(trial=trial, subscriber__email="old@example.org").subscriber
    new = SubscriberFactory(email="new@example.org")
    signup.confirm(signup.ask_to_change(old, "new@example.org", now=now), now=now)
    assert [s.subscriber for s in Subscription.objects.live()] == [new]
    old.refresh_from_db()
    assert old.email is None


@pytest.mark.django_db
def test_the_page_without_a_topic_says_what_one_can_follow_and_leads_there(client):
    html = client.get("/updates/").content.decode()
    for path in (
        "/trials/",
        "/conditions/",
        "/explainers/",
        reverse("trials:treatments"),
        reverse("trials:site-index"),
    ):
        assert f'<h2><a href="{path}">' in html
    for words in ("near a place", "weekly brief", "once a day or once a week", "pause"):
        assert words in html
    assert 'name="trial"' not in html
