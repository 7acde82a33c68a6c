"""Builds that are broken on purpose: the kit must find them out."""

from typing import Any

from django.utils import timezone

from subscriptions import delivery, outbox, signup
from subscriptions.views import signup as pages


def mark_in_batches() -> None:
    """The sender that everybody writes first: send twenty, then mark the twenty."""
    sent: list[tuple[int, Any]] = []
    real_settle, real_batch = outbox.settle_sent, delivery.Sender._send_batch

    def settle_later(pk: int, token: Any) -> None:
        sent.append((pk, token))

    def batch(self: Any, claimed: list[int]) -> int:
        count = real_batch(self, claimed)
        mine = [(pk, token) for pk, token in sent if token == self.token]
        for pk, token in mine:
            real_settle(pk, token)
            sent.remove((pk, token))
        return count

    outbox.settle_sent = settle_later
    outbox.fence = lambda cleared, token: True  # no row says that a mail is on the wire
    delivery.Sender._send_batch = batch  # type: ignore[method-assign]


def confirm_on_get() -> None:
    """The page that confirms when it is looked at."""
    real = signup.find

    def find_and_confirm(*args: Any) -> Any:
        asked = real(*args)
        if asked is not None and asked.used_at is None:
            signup.confirm(asked, now=timezone.now())
        return asked

    pages.signup.find = find_and_confirm
