"""Two readers who are one person: what the first follows, and the news that waits for it, goes to the second."""

from datetime import datetime

from subscriptions.models import Email, Notification, Subscriber, Subscription

_COPIED = ("scope", "frequency", "topic_name", "consent_version", "consented_at", "source")


def merge(old: Subscriber, new: Subscriber, *, now: datetime) -> None:
    """Inside a transaction that holds the lock of composing, as it takes up what is not in a mail yet."""
    _unpack_waiting_mails(old)
    for each in old.subscriptions.live():
        defaults = {"subscriber": new, "confirmed_at": now} | {name: getattr(each, name) for name in _COPIED}
        kept, _ = new.subscriptions.live().get_or_create(**each.topic_values, defaults=defaults)
        _move_untold(each, kept)
    moved = Subscription.EndedReason.MOVED
    old.subscriptions.live().update(ended_at=now, ended_reason=moved)
    Subscriber.objects.filter(pk=old.pk).update(email=None, key=None, erased_at=now)


def _unpack_waiting_mails(old: Subscriber) -> None:
    """The news of mails that no sender has taken up is untold again. What is on its way went to the old address."""
    waiting = Email.objects.filter(subscriber=old, state__in=Email.WAITING, confirmation=None)
    ids = list(waiting.select_for_update(of=("self",)).values_list("pk", flat=True))
    Notification.objects.filter(email__in=ids).update(email=None)
    Email.objects.filter(pk__in=ids).update(state=Email.State.CANCELLED)


def _move_untold(old: Subscription, new: Subscription) -> None:
    """What the other subscription was told, or will be, is not told twice."""
    known = Notification.objects.filter(subscription=new)
    untold = Notification.objects.filter(subscription=old, email=None, dropped_at=None)
    for field in ("change", "explainer_update"):
        about = untold.filter(**{f"{field}__isnull": False})
        news = about.exclude(**{f"{field}__in": known.filter(**{f"{field}__isnull": False}).values(field)})
        news.update(subscription=new, subscriber=new.subscriber_id)
