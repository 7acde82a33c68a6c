"""Reports of a mail provider: only true ones count, each once, in any order, and they end doubts about a mail."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from subscriptions import leaving, outbox, provider_events, tasks
from subscriptions.models import BounceReport, Email, MailSwitch, ProviderEvent, Subscription, Suppression
from tests.subscriptions.factories import SubscriptionFactory, update
from tests.subscriptions.sink import Sink

pytestmark = pytest.mark.django_db

SECRET, SIGNING_KEY = "provider:only-they-know", "signing-key"
PATH = "/updates/webhooks/mailgun/"
State = Email.State


@pytest.fixture(autouse=True)
def mailgun(settings: Settings) -> None:
    settings.WEBHOOK_PROVIDER = "mailgun"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


@pytest.fixture
def mail() -> Email:
    at = timezone.now() - timedelta(minutes=5)
    return Email.objects.create(
        kind="alert", lane="alerts", state="sent", subscriber=SubscriptionFactory().subscriber, sent_at=at,
        created_at=at, due_at=at, message_id="<mail-1@trials.example.org>",
    )  # fmt: skip


def put(mail: Email, state: str, **fields: Any) -> Email:
    held = {"token": "0" * 32, "leased_until": timezone.now()} if state in Email.HELD_BY_SENDER else {}
    Email.objects.filter(pk=mail.pk).update(**{"state": state, "sent_at": None, **held, **fields})
    mail.refresh_from_db()
    return mail


def event(mail: Email, kind: str, *, token: str = "t1", message: str = "", **fields: Any) -> dict[str, Any]:
    assert mail.subscriber is not None
    told = {
        "event": kind, "timestamp": timezone.now().timestamp(), "recipient": mail.subscriber.email,
        "message": {"headers": {"message-id": mail.message_id.strip("<>")}}, "severity": "permanent",
        "delivery-status": {"message": message, "description": ""}, **fields,
    }  # fmt: skip
    stamp = "1790000000"
    signature = hmac.new(SIGNING_KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": told}


def post(payload: Any, *, secret: str = SECRET, path: str = PATH, **headers: str) -> HttpResponse:
    body = payload if isinstance(payload, str) else json.dumps(payload)
    auth = {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    return Client().post(path, body, content_type="application/json", **auth, **headers)  # type: ignore[arg-type]


def failed(mail: Email, message: str = "550 5.1.1 no such user", **fields: Any) -> dict[str, Any]:
    return event(mail, "failed", message=message, **fields)


# --- Who may report -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "provider:guess", "only-they-know", "provider"])
def test_without_the_secret_nothing_happens(mail, secret):
    answer = post(failed(mail), secret=secret)
    assert answer.status_code == 401
    assert not ProviderEvent.objects.exists()


def test_a_wrong_signature_is_refused_though_the_secret_is_right(mail):
    payload = failed(mail)
    payload["signature"]["signature"] = "0" * 64
    assert post(payload).status_code == 401
    del payload["signature"]
    assert post(payload).status_code == 401
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize("path", ["/updates/webhooks/postmark/", "/updates/webhooks/sendgrid/"])
def test_other_providers_have_no_address(mail, path):
    assert post(failed(mail), path=path).status_code == 404


def test_a_site_without_a_provider_has_no_such_address(mail, settings):
    settings.WEBHOOK_PROVIDER = ""
    assert post(failed(mail)).status_code == 404
    settings.WEBHOOK_PROVIDER, settings.ANYMAIL = "mailgun", {**settings.ANYMAIL, "WEBHOOK_SECRET": ""}
    assert post(failed(mail), secret="").status_code == 404


def test_the_providers_machines_may_post_from_anywhere(mail):
    assert post(failed(mail), HTTP_SEC_FETCH_SITE="cross-site").status_code == 200


def signed(data: Any) -> dict[str, Any]:
    payload = event(Email(message_id="<x@x>", subscriber=SubscriptionFactory().subscriber), "failed")
    return {**payload, "event-data": data}


@pytest.mark.parametrize("data", [{}, [], None, {"event": []}, {"event": "failed", "timestamp": "soon"}])
def test_nonsense_is_a_bad_request_and_no_error(data):
    assert post(signed(data)).status_code == 400


def test_a_get_tells_nothing():
    assert Client().get(PATH).status_code == 405


# --- What it does ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"kind": "failed", "message": "550 5.1.1 unknown"}, "bounced"),
        ({"kind": "failed", "reason": "bounce"}, "bounced"),
        ({"kind": "complained"}, "complained"),
    ],
)
def test_what_says_that_nobody_reads_there_or_wants_it_suppresses(mail, payload, reason):
    assert post(event(mail, payload.pop("kind"), **payload)).status_code == 200
    assert [each.reason for each in Suppression.objects.all()] == [reason]
    assert not Subscription.objects.live().exists()


@pytest.mark.parametrize(
    "payload",
    [
        {"kind": "delivered"},
        {"kind": "failed", "severity": "temporary", "message": "450 4.2.0 later"},
        {"kind": "failed", "message": "552 5.2.2 mailbox full"},
        {"kind": "failed", "message": "550 5.7.1 not wanted"},
        {"kind": "opened"},
        {"kind": "unsubscribed"},
    ],
)
def test_what_is_no_fault_of_the_address_does_not(mail, payload):
    assert post(event(mail, payload.pop("kind"), **payload)).status_code == 200
    assert not Suppression.objects.exists()


def test_a_refusal_for_policy_counts_against_our_mail(mail):
    post(failed(mail, "550 5.7.1 not wanted"))
    assert MailSwitch.objects.get().refusals == 1
    assert not BounceReport.objects.exists()


def test_a_replay_changes_nothing(mail):
    for _ in range(3):
        assert post(failed(mail, "552 5.2.2 full")).status_code == 200
    assert ProviderEvent.objects.count() == BounceReport.objects.count() == 1


def test_a_delivery_after_a_complaint_undoes_nothing(mail):
    post(event(mail, "complained", token="t1"))
    post(event(mail, "delivered", token="t2"))
    assert Suppression.objects.get().reason == "complained"
    assert not Subscription.objects.live().exists()


def test_an_unknown_mail_and_anothers_address_are_ignored(mail):
    other = SubscriptionFactory().subscriber
    assert post(failed(Email(message_id="<unknown@x>", subscriber=mail.subscriber))).status_code == 200
    assert post(failed(mail, recipient=other.email)).status_code == 200
    assert post(failed(mail, recipient=None)).status_code == 200
    assert not ProviderEvent.objects.exists()
    assert not Suppression.objects.exists()


def test_a_report_about_a_mail_of_last_week_comes_too_late(mail):
    put(mail, State.SENT, sent_at=timezone.now() - timedelta(days=8))
    post(failed(mail))
    assert not Suppression.objects.exists()


# --- Doubts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["delivered", "failed"])
def test_a_parked_mail_that_the_provider_has_is_settled(mail, kind):
    put(mail, State.UNKNOWN, ambiguous=1)
    post(event(mail, kind))
    mail.refresh_from_db()
    assert (mail.state, mail.error) == (State.SENT, "")
    assert mail.sent_at is not None


def test_a_second_copy_that_waits_is_not_sent_any_more(mail):
    put(mail, State.RETRY, ambiguous=1)
    post(event(mail, "delivered"))
    mail.refresh_from_db()
    assert mail.state == State.SENT


def test_a_mail_that_never_was_in_doubt_keeps_its_state(mail):
    for state in (State.PENDING, State.CANCELLED, State.FAILED):
        put(mail, state, ambiguous=0)
        post(event(mail, "delivered", token=state))
        mail.refresh_from_db()
        assert mail.state == state


def test_a_report_that_overtakes_its_sender_waits_for_it(mail):
    put(mail, State.SENDING)
    post(failed(mail))
    mail.refresh_from_db()
    assert mail.state == State.SENDING
    assert not Suppression.objects.exists()
    assert provider_events.settle_waiting(now=timezone.now()) == 0
    outbox.settle_sent(mail.pk, mail.token)
    tasks.sweep()
    assert Suppression.objects.get().reason == "bounced"
    assert provider_events.settle_waiting(now=timezone.now()) == 0


def test_a_sender_that_died_leaves_no_doubt_where_the_provider_speaks(mail, settings):
    settings.MAIL_AMBIGUOUS = "hold"
    put(mail, State.SENDING, leased_until=timezone.now() - timedelta(minutes=5))
    post(event(mail, "delivered"))
    tasks.sweep()
    mail.refresh_from_db()
    assert mail.state == State.SENT


# --- Another provider, and what is kept ---------------------------------------------------------------------------


def test_postmark_tells_the_number_that_the_mail_carried(mail, settings):
    settings.WEBHOOK_PROVIDER = "postmark"
    bounce = {"RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "MessageID": "their-own", "Details": "",
              "Email": mail.subscriber.email, "Metadata": {"mail": str(mail.pk)}, "Description": "unknown"}  # fmt: skip
    path = "/updates/webhooks/postmark/"
    assert post(bounce, path=path, secret="x:y").status_code == 401
    assert post({**bounce, "Type": "SoftBounce", "ID": 41}, path=path).status_code == 200
    assert not Suppression.objects.exists()
    assert post(bounce, path=path).status_code == 200
    assert Suppression.objects.get().reason == "bounced"


@pytest.mark.django_db(transaction=True)
def test_postmark_is_given_the_number_to_carry_and_others_are_not(sink: Sink, work, settings):
    for provider, expected in (("postmark", True), ("mailgun", False)):
        settings.WEBHOOK_PROVIDER = provider
        update(SubscriptionFactory().trial)
        work()
        message = sink.ledger[-1][1]
        assert (message["X-PM-Metadata-mail"] == str(Email.objects.latest("pk").pk)) is expected


def test_no_address_is_kept_with_an_event_and_it_goes_after_thirty_days(mail):
    post(failed(mail))
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM subscriptions_providerevent e")
        ((row,),) = cursor.fetchall()
    assert "example.org" not in row
    for days, left in ((29, 1), (31, 0)):
        MailSwitch.objects.update(tidied_at=None)
        leaving.tidy(now=timezone.now() + timedelta(days=days))
        assert ProviderEvent.objects.count() == left
