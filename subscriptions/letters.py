"""An Email row -> the message that goes out. Rendered at sending, from rows that do not change any more."""

from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape

from subscriptions import consent, items, links, signing, topics
from subscriptions.models import Confirmation, Email, Notification, Subscriber

_PARTS = SMTP.clone(max_line_length=76)  # quoted-printable lines
_HEADERS = SMTP.clone(max_line_length=900)  # a link is never folded; the list of changes is, at its commas
_UNSUBSCRIBE, _STOP_ALL = "https://unsubscribe.invalid/this", "https://unsubscribe.invalid/all"
_REST = "https://rest.invalid/"
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


Pairs = tuple[tuple[int, int, str], ...]
"""What a mail tells, and why: a change or an update of a text, and the topic that it came by."""


@dataclass(frozen=True)
class Letter:
    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True)
class Body:
    subject: str
    text: str
    html: str


def alert(email: Email, subscriber: Subscriber, notifications: Sequence[Notification], *, now: datetime) -> Letter:
    """An alert or a digest. Many readers get the same words, so those are kept; only the links are each one's own."""
    told, body = _told_and_body(email, subscriber, notifications, now=now)
    subscriptions = sorted({each.subscription_id for each in notifications})
    own = {
        _UNSUBSCRIBE: links.unsubscribe_url(subscriber, subscriptions),
        _STOP_ALL: links.unsubscribe_url(subscriber, []),
        _REST: links.mail_url(email, subscriber),
        items.NEAR: _near(subscriber) if items.NEAR in body.text else "",
    }
    headers = {
        "List-Unsubscribe": f"<{links.one_click_url(subscriber, subscriptions)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Trial-Changes": ", ".join(told.keys),
        "X-Explainer-Updates": ", ".join(told.text_keys),
    }
    text, html = body.text, body.html
    for general, ones in own.items():
        text, html = text.replace(general, ones), html.replace(escape(general), escape(ones))
    headers = {name: value for name, value in headers.items() if value}  # a mail about texts names no trial's change
    assert subscriber.email is not None
    return _letter(email, subscriber.email, Body(body.subject, text, html), headers, now, neutral=subscriber.is_neutral)


def _near(subscriber: Subscriber) -> str:
    """For the link to other trials: the place around which the reader follows a condition."""
    place = subscriber.subscriptions.live().filter(place_latitude__isnull=False).order_by("-pk").first()
    if place is None:
        return ""
    return f"&near={place.place_latitude:.1f},{place.place_longitude:.1f}&within={place.radius_km}km"


def preview(email: Email, subscriber: Subscriber, notifications: Sequence[Notification], *, now: datetime) -> str:
    """How a mail looks, for administrators: without the links by which its reader can be acted for."""
    _, body = _told_and_body(email, subscriber, notifications, now=now)
    return body.html.replace(escape(items.NEAR), "")


def sample(told: items.Told) -> Body:
    """An alert to nobody, for editors: the links that would be one reader's own lead nowhere."""
    links_to_nowhere = dict.fromkeys(("unsubscribe_url", "stop_all_url", "rest_url"), _REST)
    only = told.items[0] if len(told.items) == 1 else None
    body = _render(Email.Kind.ALERT, {"told": told, "only": only, "is_neutral": False, **links_to_nowhere})
    return Body(body.subject, body.text.replace(items.NEAR, ""), body.html.replace(escape(items.NEAR), ""))


def confirmation(email: Email, asked: Confirmation, *, now: datetime) -> Letter:
    """Holds nothing that somebody typed: a stranger may have typed this address."""
    assert asked.email is not None
    context = {
        "wishes": wish_lines(asked),
        "consent": consent.text(settings.SITE_NAME, asked.consent_version),
        "url": links.manage_url(asked) if email.kind == Email.Kind.MANAGE else links.confirm_url(asked),
    }
    return _letter(email, asked.email, _render(email.kind, context), {}, now, neutral=False)


def _told_and_body(
    email: Email, subscriber: Subscriber, notifications: Sequence[Notification], *, now: datetime
) -> tuple[items.Told, Body]:
    is_neutral, pairs = subscriber.is_neutral, _pairs(notifications)
    return told_and_body(email.kind, is_neutral, now.date(), pairs, _Held(notifications))


def _pairs(notifications: Sequence[Notification]) -> Pairs:
    return tuple(sorted((each.change_id or 0, each.explainer_update_id or 0, _topic(each)) for each in notifications))


class _Held:
    """Carries the rows into the cached function without being part of its key."""

    def __init__(self, notifications: Sequence[Notification]) -> None:
        self.notifications = notifications

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def told_and_body(kind: str, is_neutral: bool, today: date, pairs: Pairs, held: _Held) -> tuple[items.Told, Body]:
    notifications = list(
        Notification.objects.filter(pk__in=[each.pk for each in held.notifications]).select_related(
            "change__trial__plain_summary", "change__trial__subscription_condition", "subscription__trial__moved_to",
            "subscription__condition", "subscription__explainer__live",
            "explainer_update__explainer__live",
        )
    )  # fmt: skip
    told = items.told(notifications, today=today)
    context = {
        "told": told, "is_neutral": is_neutral, "unsubscribe_url": _UNSUBSCRIBE, "stop_all_url": _STOP_ALL,
        "rest_url": _REST,
        "only": told.items[0] if len(told.items) == 1 else None,
    }  # fmt: skip
    return told, _render(kind, context)


def _topic(notification: Notification) -> str:
    """Readers with the same topics, under the same names, get the same words."""
    followed = notification.subscription
    return f"{followed.topic_key} {followed.topic_name} {followed.scope}"


def wish_lines(asked: Confirmation) -> list[str]:
    """What one mailed button begins, in a reader's words."""
    wishes = [asked, *asked.followers.select_related("trial__plain_summary", "condition", "explainer__live")]
    return list(dict.fromkeys(line for wish in wishes for line in topics.wish(wish)))


def _render(kind: str, context: dict[str, Any]) -> Body:
    context |= {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL}
    subject = " ".join(render_to_string(f"emails/{kind}.subject.txt", context).split())
    html = render_to_string(f"emails/{kind}.html", context | {"subject": subject})
    return Body(subject, _tidy(render_to_string(f"emails/{kind}.txt", context)), _inliner.inline(html))


def _tidy(text: str) -> str:
    """Templates leave runs of empty lines behind."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"


def _letter(
    email: Email, recipient: str, body: Body, headers: dict[str, str], now: datetime, *, neutral: bool
) -> Letter:
    name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = EmailMessage(policy=_PARTS)
    message["Subject"] = body.subject
    message["From"] = Address("Updates" if neutral else name or settings.SITE_NAME, addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = email.message_id
    message["Auto-Submitted"] = "auto-generated"
    for header, value in headers.items():
        message[header] = value
    if settings.WEBHOOK_PROVIDER == "postmark":  # it gives each mail a number of its own, and tells us this one
        message["X-PM-Metadata-mail"] = str(email.pk)
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = "multipart/alternative"
    message.attach(_part("plain", body.text))
    message.attach(_part("html", body.html))
    return Letter(sender, recipient, signing.signed(message.as_bytes(policy=_HEADERS)))


def _part(subtype: str, text: str) -> EmailMessage:
    """The library's own way, set_content, takes ten times as long to encode."""
    part = EmailMessage(policy=_PARTS)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part
