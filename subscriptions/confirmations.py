"""Which of the asked-for confirmation mails go out. Off the request, one address at a time."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from subscriptions import limits
from subscriptions.message_ids import new_message_id
from subscriptions.models import Confirmation, Email, Subscriber, Suppression

APART = timedelta(minutes=10)
DAY = timedelta(days=1)
MOST_A_DAY = 3
MAY_BE_MENDED = timedelta(days=30)  # a mailbox that bounced may exist again

Purpose = Confirmation.Purpose
_KINDS = {
    Purpose.SUBSCRIBE: Email.Kind.CONFIRM,
    Purpose.MANAGE: Email.Kind.MANAGE,
    Purpose.CHANGE: Email.Kind.CHANGE,
    Purpose.NOTICE: Email.Kind.NOTICE,
}


def prepare(*, now: datetime, most: int = 1000) -> int:
    """Decide about what waits; the number of mails written into the outbox."""
    waiting = Confirmation.objects.filter(settled_at=None, mail_after__lte=now).order_by("mail_after")
    return sum(_decide(pk, now=now) for pk in list(waiting.values_list("pk", flat=True)[:most]))


@transaction.atomic
def _decide(pk: int, *, now: datetime) -> bool:
    asked = Confirmation.objects.filter(pk=pk, settled_at=None).first()
    if asked is None:
        return False
    _lock_address(asked.key)
    asked.refresh_from_db()  # another worker may have decided while this one waited for the lock
    if asked.settled_at is not None or asked.mail_after > now:
        return False
    if not _may_write(asked, now=now):
        return _settle(asked, now=now)
    if asked.purpose == Purpose.NOTICE:
        return _mail(asked, now=now)
    mailed = _mailed_lately(asked, now=now)
    if twin := _twin(asked, mailed):
        return _settle(asked, now=now, leader=twin)
    if len(mailed) >= MOST_A_DAY:
        return _settle(asked, now=now)
    if mailed and mailed[0].mailed_at and mailed[0].mailed_at > now - APART:
        return _wait(asked, until=mailed[0].mailed_at + APART)
    if limits.domain_is_full(asked.domain, now=now):
        return _wait(asked, until=now + APART)
    return _mail(asked, now=now)


def _mailed_lately(asked: Confirmation, *, now: datetime) -> list[Confirmation]:
    """What a stranger can cause is counted together; the link to the settings goes to known addresses only."""
    mailed = Confirmation.objects.filter(key=asked.key, mailed_at__gt=now - DAY).order_by("-mailed_at")
    if asked.purpose == Purpose.MANAGE:
        return list(mailed.filter(purpose=Purpose.MANAGE))
    return list(mailed.filter(purpose__in=(Purpose.SUBSCRIBE, Purpose.CHANGE)))


def _wait(asked: Confirmation, *, until: datetime) -> bool:
    Confirmation.objects.filter(pk=asked.pk).update(mail_after=until)
    return False


def _lock_address(key: str) -> None:
    """Held until the transaction ends: fifty presses of one button must not make fifty mails."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [key])


def _may_write(asked: Confirmation, *, now: datetime) -> bool:
    if asked.email is None or not asked.created_at > now - Confirmation.KEPT_FOR:
        return False
    bounced = Q(reason__in=(Suppression.Reason.BOUNCED, Suppression.Reason.SOFT_BOUNCED))
    blocking = Q(reason=Suppression.Reason.COMPLAINED) | (bounced & Q(created_at__gt=now - MAY_BE_MENDED))
    if Suppression.objects.filter(blocking, key=asked.key).exists():
        return False
    return asked.purpose != Purpose.MANAGE or Subscriber.objects.filter(key=asked.key).exists()


def _twin(asked: Confirmation, mailed: list[Confirmation]) -> Confirmation | None:
    """The same wish, mailed within ten minutes: the button was pressed twice. A link that is used up is no answer."""
    for other in mailed:
        near = other.used_at is None and other.mailed_at is not None and abs(asked.created_at - other.mailed_at) < APART
        if near and _wish(other) == _wish(asked):
            return other
    return None


def _wish(asked: Confirmation) -> tuple[object, ...]:
    return asked.purpose, *asked.topic_values.values(), asked.frequency, asked.scope


def _settle(asked: Confirmation, *, now: datetime, leader: Confirmation | None = None) -> bool:
    Confirmation.objects.filter(pk=asked.pk).update(settled_at=now, leader=leader)
    return False


def _mail(asked: Confirmation, *, now: datetime) -> bool:
    """One mail for this wish and for the others of the address that wait: they are confirmed together.

    A known address is written as its owner confirmed it: for some servers another spelling is another mailbox.
    """
    known = Subscriber.objects.filter(key=asked.key).values_list("email", flat=True).first()
    Confirmation.objects.filter(pk=asked.pk).update(settled_at=now, mailed_at=now, email=known or asked.email)
    if asked.purpose == Purpose.SUBSCRIBE:
        waiting = Confirmation.objects.filter(key=asked.key, purpose=asked.purpose, settled_at=None)
        waiting.update(settled_at=now, leader=asked)
    Email.objects.create(
        kind=_KINDS[Purpose(asked.purpose)],
        lane=Email.Lane.CONFIRMATIONS,
        confirmation=asked,
        message_id=new_message_id(),
        created_at=now,
        due_at=now,
    )
    return True
