"""All of the mail's work in one process, round after round, without a broker: python -m tests.chaos.worker"""

import time

import django

django.setup()

from subscriptions import tasks  # noqa: E402


def main() -> None:
    while True:
        tasks.sweep()
        tasks.deliver_confirmations()
        tasks.deliver_alerts()
        time.sleep(0.1)


if __name__ == "__main__":
    main()
