"""The links that mails carry. Signed, one salt for each purpose, without an address; they end where the site begins."""

import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.urls import reverse

from subscriptions.models import Confirmation, Email, Subscriber

MOST_SUBSCRIPTIONS = 40  # more would make a header line too long: the link then stops every mail
_CONFIRM = "subscriptions.confirm"
_MANAGE = "subscriptions.manage"
_PAGE = "subscriptions.unsubscribe.page"
_ONE_CLICK = "subscriptions.unsubscribe.one-click"
_MAIL = "subscriptions.mail"


class BadLink(Exception):
    """The token was not made by this site, or not for this purpose."""


class WayOut(NamedTuple):
    """The subscriptions to end, where an empty list means all, and which address of the reader got the link."""

    subscriber: int
    subscriptions: list[int]
    mark: str


def absolute(path: str) -> str:
    return settings.SITE_URL + path


def confirm_url(confirmation: Confirmation) -> str:
    return absolute(reverse("subscriptions:confirm", args=[_sign(_CONFIRM, [confirmation.pk, confirmation.nonce])]))


def manage_url(confirmation: Confirmation) -> str:
    return absolute(reverse("subscriptions:manage", args=[_sign(_MANAGE, [confirmation.pk, confirmation.nonce])]))


def unsubscribe_url(subscriber: Subscriber, subscriptions: Sequence[int]) -> str:
    """The link in a mail's text. Its page has two buttons: these subscriptions, or all."""
    token = _sign(_PAGE, [subscriber.pk, _capped(subscriptions), subscriber.address_mark])
    return absolute(reverse("subscriptions:unsubscribe", args=[token]))


def one_click_url(subscriber: Subscriber, subscriptions: Sequence[int]) -> str:
    """The List-Unsubscribe header's link, for mail programs (RFC 8058)."""
    token = _sign(_ONE_CLICK, [subscriber.pk, _capped(subscriptions), subscriber.address_mark])
    return absolute(reverse("subscriptions:one-click", args=[token]))


def mail_url(email: Email, subscriber: Subscriber) -> str:
    """All that one mail tells, past the items that it shows. Reading is all that this link can do."""
    token = _sign(_MAIL, [email.pk, email.message_id, subscriber.address_mark])
    return absolute(reverse("subscriptions:mail", args=[token]))


def read_mail(token: str) -> tuple[int, str, str]:
    """The mail, its Message-ID, and which address of its reader got it."""
    pk, message_id, mark = _read_marked(_MAIL, token)
    return int(pk), str(message_id), mark


def read_confirm(token: str) -> tuple[int, str]:
    pk, nonce = _read(_CONFIRM, token)
    return int(pk), str(nonce)


def read_manage(token: str) -> tuple[int, str]:
    pk, nonce = _read(_MANAGE, token)
    return int(pk), str(nonce)


def read_unsubscribe(token: str) -> WayOut:
    return _way_out(_PAGE, token)


def read_one_click(token: str) -> WayOut:
    return _way_out(_ONE_CLICK, token)


def _way_out(salt: str, token: str) -> WayOut:
    pk, subscriptions, mark = _read_marked(salt, token)
    return WayOut(int(pk), [int(each) for each in subscriptions], mark)


def _capped(subscriptions: Sequence[int]) -> list[int]:
    return sorted(subscriptions) if len(subscriptions) <= MOST_SUBSCRIPTIONS else []


def _sign(salt: str, payload: list[Any]) -> str:
    return signing.Signer(salt=salt).sign_object(payload, compress=True)


def _read(salt: str, token: str) -> tuple[Any, Any]:
    first, second, _ = _read_marked(salt, token)
    return first, second


def _read_marked(salt: str, token: str) -> tuple[Any, Any, str]:
    """The links of our first mails bear no mark of the address that got them."""
    try:
        first, second, *mark = signing.Signer(salt=salt).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError, zlib.error) as error:
        raise BadLink from error
    return first, second, mark[0] if mark else ""
