"""Our own DKIM signature: a receiver's check passes, covers what matters, and breaks when somebody meddles."""

import re
from collections.abc import Callable
from typing import Any

import dkim
import pytest
from pytest_django import Settings

from subscriptions import signing
from subscriptions.models import Email
from tests.subscriptions.factories import SubscriptionFactory, update
from tests.subscriptions.rsa import keys
from tests.subscriptions.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signs(settings: Settings) -> None:
    settings.DKIM_KEY, settings.DKIM_SELECTOR = keys().private_pem, "autumn"
    settings.DEFAULT_FROM_EMAIL = "Plain Trials <updates@trials.example.org>"


def dns(name: bytes, timeout: int = 5) -> bytes:
    assert name == b"autumn._domainkey.trials.example.org."
    return keys().public_record


@pytest.fixture
def raw(sink: Sink, work: Callable[[], None], signs: None) -> bytes:
    update(SubscriptionFactory().trial)
    work()
    ((_, message),) = sink.ledger
    content: bytes = message.raw  # type: ignore[attr-defined]
    return content


def covered(raw: bytes) -> list[str]:
    header = re.sub(r"\s", "", raw[: raw.index(b"\r\n\r\n")].decode())
    found = re.search(r"DKIM-Signature:.*?;h=([^;]+);", header)
    assert found is not None
    return found[1].split(":")


def test_a_receiver_finds_the_signature_good_and_aligned(raw):
    assert dkim.verify(raw, dnsfunc=dns)
    assert b"d=trials.example.org" in raw


def test_it_covers_both_unsubscribe_headers_and_who_what_and_when(raw):
    assert set(covered(raw)) >= {
        "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "list-unsubscribe",
        "list-unsubscribe-post", "auto-submitted", "x-trial-changes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe: <http", b"List-Unsubscribe: <https://evil.example/?x=http"),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: XList"),
        (b"\r\nFrom: ", b"\r\nFrom: evil@example.net\r\nFrom: "),
        (b"\r\nSubject: ", b"\r\nSubject: Buy now. "),
        (b"medical advice", b"medical advise"),
    ],
)
def test_a_changed_mail_fails(raw, old, new):
    assert old in raw
    assert not dkim.verify(raw.replace(old, new), dnsfunc=dns)


def test_a_mail_tried_again_keeps_its_id_and_is_signed_anew(sink, work, signs):
    refusals = ["451 later"]
    sink.at_data = lambda address: refusals.pop() if refusals else ""
    update(SubscriptionFactory().trial)
    work()
    (mail,) = Email.objects.all()
    assert mail.state == Email.State.RETRY
    Email.objects.update(due_at=mail.created_at)
    work()
    ((_, message),) = sink.ledger
    assert message["Message-ID"] == mail.message_id
    assert dkim.verify(message.raw, dnsfunc=dns)


def test_a_confirmation_is_signed_too(sink, work, signs, client):
    client.post("/updates/", {"email": "ada@example.org", "trial": SubscriptionFactory().trial.nct_id})
    work()
    (message,) = sink.to("ada@example.org")
    assert dkim.verify(message.raw, dnsfunc=dns)
    assert "list-unsubscribe" not in covered(message.raw)


def test_without_a_key_the_mail_goes_as_it_is(sink, work):
    update(SubscriptionFactory().trial)
    work()
    ((_, message),) = sink.ledger
    assert message["DKIM-Signature"] is None


def test_a_mail_that_cannot_be_signed_waits_and_nothing_of_the_key_is_told(
    sink: Sink, work: Callable[[], None], signs: None, monkeypatch: pytest.MonkeyPatch, capsys: Any, caplog: Any
) -> None:
    def fails(message: bytes, selector: bytes, domain: bytes, privkey: bytes, **more: Any) -> bytes:
        raise ValueError(f"bad key {privkey.decode()}")

    monkeypatch.setattr(signing.dkim, "sign", fails)
    update(SubscriptionFactory().trial)
    work()
    (mail,) = Email.objects.all()
    assert (mail.state, mail.error) == (Email.State.RETRY, "CannotSign while writing")
    assert sink.ledger == []
    secret = keys().private_pem.splitlines()[1]
    assert secret not in caplog.text + "".join(capsys.readouterr())
