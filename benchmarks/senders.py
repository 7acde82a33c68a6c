"""One process of senders: python -m benchmarks.senders floor|sender PLACE MAILS CONNECTIONS. Waits for a line."""

import sys
import threading

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from subscriptions import delivery, letters  # noqa: E402
from subscriptions.models import Email, Notification  # noqa: E402
from subscriptions.smtp import Connection  # noqa: E402


def send_with_books(place: int, connections: int) -> None:
    """The product's own senders, on the slots that are this process's share, until nothing is due."""
    senders = range(place * connections, (place + 1) * connections)
    delivery.LONGEST_RUN = 3600.0
    delivery.deliver("alerts", slots=senders)


def send_bare(connections: int) -> None:
    """Write and send: no claim, no fence, nothing settled. Its rows are read before the clock starts."""
    threads = [threading.Thread(target=_send_rows, args=(_rows[n::connections],)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _read_rows(place: int, mails: int) -> list[tuple[Email, list[Notification]]]:
    chosen = Email.objects.filter(state="pending", lane="alerts").select_related("subscriber").order_by("-pk")
    rows = Notification.objects.select_related("subscription")
    emails = list(chosen[place * mails : (place + 1) * mails])
    by_mail = {each.email_id: each for each in rows.filter(email__in=[email.pk for email in emails])}
    return [(email, [by_mail[email.pk]]) for email in emails]


def _send_rows(rows: list[tuple[Email, list[Notification]]]) -> None:
    smtp = Connection()
    for email, notifications in rows:
        letter = letters.alert(email, email.subscriber, notifications, now=timezone.now())
        smtp.send(letter.sender, letter.recipient, letter.message, lambda: True)
    smtp.close()
    connection.close()


if __name__ == "__main__":
    role, place, mails, connections = sys.argv[1], *map(int, sys.argv[2:])
    _rows = _read_rows(place, mails if role == "floor" else 1)
    for email, notifications in _rows[:1]:
        letters.alert(email, email.subscriber, notifications, now=timezone.now())
    assert settings.MAIL_RATE > 1000
    print("ready", flush=True)
    sys.stdin.readline()
    if role == "floor":
        send_bare(connections)
    else:
        send_with_books(place, connections)
