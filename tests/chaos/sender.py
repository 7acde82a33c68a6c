"""A process of senders, to be killed: python -m tests.chaos.sender [naive]. Leases are short, or a test takes hours."""

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
    delivery.SLOTS["alerts"] = SLOTS
    if sys.argv[1:] == ["naive"]:
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
