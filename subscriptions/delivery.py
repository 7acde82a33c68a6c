"""Claim, send, settle. Senders in any number of processes; a killed one costs at most one mail sent twice a slot."""

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import close_old_connections, connection
from django.utils import timezone

from subscriptions import bounces, letters, outbox, pace, providers
from subscriptions.models import Email
from subscriptions.outbox import Cleared
from subscriptions.return_paths import return_path
from subscriptions.smtp import Broken, Connection, Phase, Refusal, Withheld

log = logging.getLogger(__name__)

SLOTS = {Email.Lane.CONFIRMATIONS: 4, Email.Lane.ALERTS: 16, Email.Lane.DIGESTS: 12}
"""Connections of each lane, on the whole site."""
MAILS_FOR_ANOTHER_SLOT = 20
RENEW_EVERY = 10.0
LONGEST_RUN = 600.0


@dataclass
class Run:
    """What the senders of one process share."""

    lane: str
    heartbeat: "Heartbeat"
    stop_at: float
    counts: list[int] = field(default_factory=list)

    def is_over(self) -> bool:
        return time.monotonic() >= self.stop_at


def deliver(lane: str, *, slots: Sequence[int] = ()) -> int:
    """Send what is due in a lane, on as many connections as it is worth; the number of mails that went.

    `slots` names the connections that this process may use; any free ones of the lane otherwise.
    """
    run = Run(lane, Heartbeat(), stop_at=time.monotonic() + LONGEST_RUN)
    first, *others = slots or range(_slots_worth(lane))
    with run.heartbeat.beating():
        threads = [threading.Thread(target=_in_thread, args=(run, slot), daemon=True) for slot in others]
        for thread in threads:
            thread.start()
        run.counts.append(_run_slot(run, first))
        for thread in threads:
            thread.join()
    return sum(run.counts)


def _slots_worth(lane: str) -> int:
    most = SLOTS[Email.Lane(lane)]
    enough = most * MAILS_FOR_ANOTHER_SLOT
    due = Email.objects.filter(lane=lane, state__in=Email.WAITING, due_at__lte=timezone.now())
    return max(1, min(most, due.values("pk")[:enough].count() // MAILS_FOR_ANOTHER_SLOT))


def _in_thread(run: Run, slot: int) -> None:
    try:
        run.counts.append(_run_slot(run, slot))
    except Exception:
        log.exception("A sender of the lane %s stopped.", run.lane)
    finally:
        connection.close()


def _run_slot(run: Run, slot: int) -> int:
    """Nothing when another process has this slot: so the site never opens more connections than it has slots."""
    with _slot(run.lane, slot) as is_free:
        if not is_free:
            return 0
        sender = Sender(run.lane)
        try:
            with run.heartbeat.keeping(sender.token):
                return sender.work(run)
        finally:
            sender.smtp.close()


@contextmanager
def _slot(lane: str, slot: int) -> Iterator[bool]:
    """An advisory lock of the session: a killed sender's slot is free at once."""
    name = f"subscriptions.delivery {lane} {slot}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        row = cursor.fetchone()
    is_free = bool(row and row[0])
    try:
        yield is_free
    finally:
        if is_free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


class Sender:
    """One connection to the mail server, and the token by which its mails are known."""

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.token = uuid.uuid4()
        self.smtp = Connection()
        self.told_of_success = False

    def work(self, run: Run) -> int:
        count = 0
        while not run.is_over():
            allowed = pace.allowance(self.lane)
            claimed = outbox.claim(self.lane, self.token, most=allowed.mails) if allowed.mails else []
            if not claimed:
                break
            count += self._send_batch(claimed)
        return count

    def _send_batch(self, claimed: list[int]) -> int:
        """A server that is not there ends the batch: the rest goes back untouched."""
        loaded = self._load(claimed)
        claimed = [pk for pk in claimed if pk in loaded]
        wait, count = pace.reserve(len(claimed)) if claimed else 0.0, 0
        self.told_of_success = False
        start = time.monotonic() + (0 if self.lane == Email.Lane.CONFIRMATIONS else wait)
        step = 1 / pace.rate()
        for place, pk in enumerate(claimed):
            time.sleep(max(0.0, start + place * step - time.monotonic()))
            try:
                count += self._send_one(loaded[pk])
            except Unreachable:
                outbox.give_back(claimed[place:], self.token)
                break
        return count

    def _load(self, claimed: list[int]) -> dict[int, Cleared]:
        """Without those that are not wanted any more, and those whose provider has to wait."""
        loaded = outbox.load(claimed, self.token)
        if late := providers.to_put_off(self.lane, list(loaded.values())):
            outbox.put_off(late, self.token)
        return {pk: cleared for pk, cleared in loaded.items() if pk not in late}

    def _send_one(self, cleared: Cleared) -> bool:
        email = cleared.email
        try:
            letter = _write(cleared)
            sender = return_path(email.pk) or letter.sender
            self.smtp.send(sender, letter.recipient, letter.message, lambda: outbox.fence(cleared, self.token))
        except Withheld:
            return False
        except Refusal as refusal:
            bounces.refused(cleared, refusal, self.token)
            return False
        except Broken as broken:
            self._broken(email, broken)
            return False
        except Exception as error:  # one mail that cannot be written must not stop the others
            log.exception("Mail %s could not be written.", email.pk)
            outbox.settle_retry(email, self.token, phase="", code=None, error=f"{type(error).__name__} while writing")
            return False
        outbox.settle_sent(email.pk, self.token)
        if not self.told_of_success:
            pace.went_well()
            self.told_of_success = True
        return True

    def _broken(self, email: Email, broken: Broken) -> None:
        if broken.phase == Phase.CONNECT:
            outbox.give_back([email.pk], self.token)
            pace.unreachable(broken.cause)
            raise Unreachable
        if broken.phase == Phase.DOT:
            outbox.settle_ambiguous(email, self.token, error=str(broken))
        else:
            outbox.settle_retry(email, self.token, phase=broken.phase, code=None, error=str(broken))


class Unreachable(Exception):
    """No connection to the mail server."""


def _write(cleared: Cleared) -> letters.Letter:
    now = timezone.now()
    if cleared.confirmation is not None:
        return letters.confirmation(cleared.email, cleared.confirmation, now=now)
    assert cleared.subscriber is not None
    return letters.alert(cleared.email, cleared.subscriber, cleared.notifications, now=now)


class Heartbeat:
    """Renews the leases of this process's senders from a thread and connection of its own: slow is not dead."""

    def __init__(self) -> None:
        self._tokens: set[uuid.UUID] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()

    @contextmanager
    def beating(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    @contextmanager
    def keeping(self, token: uuid.UUID) -> Iterator[None]:
        with self._lock:
            self._tokens.add(token)
        try:
            yield
        finally:
            with self._lock:
                self._tokens.discard(token)

    def _run(self) -> None:
        while not self._stop.wait(RENEW_EVERY):
            with self._lock:
                tokens = list(self._tokens)
            try:
                close_old_connections()
                outbox.renew(tokens)
            except Exception:
                log.exception("The leases could not be renewed; trying again.")
                connection.close()
        connection.close()
