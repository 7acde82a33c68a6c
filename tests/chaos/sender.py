"""Senders in a process, to be killed: python -m tests.chaos.sender [naive] [SLOTS]. Leases are short for the tests."""

import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import DatabaseError, connection  # noqa: E402

from subscriptions import delivery, outbox  # noqa: E402
from tests.chaos import broken  # noqa: E402
from tests.chaos.driver import SLOTS  # noqa: E402


def main() -> None:
    outbox.LEASE, delivery.RENEW_EVERY = timedelta(seconds=1), 0.2
    delivery.SLOTS["alerts"] = next((int(word) for word in sys.argv[1:] if word.isdecimal()), SLOTS)
    if "naive" in sys.argv[1:]:
        broken.mark_in_batches()
    while True:
        try:
            outbox.recover()
            delivery.deliver("alerts")
        except DatabaseError:
            connection.close()  # the database went away: the next round asks again
        time.sleep(0.05)


if __name__ == "__main__":
    main()
