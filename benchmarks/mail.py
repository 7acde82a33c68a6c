"""How fast one event reaches a million outbox rows, how fast those go out, and whether a confirmation has to wait.

The floor writes and sends the same letters over as many processes and connections, and keeps no books.
"""

import contextlib
import json
import math
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from django.db import connection
from django.utils import timezone

from benchmarks.studies import make_studies
from benchmarks.table import show
from config.processes import ROOT, end_with_parent
from subscriptions import composing, matching, signup
from subscriptions.models import Email
from subscriptions.tasks import deliver_confirmations, deliver_digests
from trials import polling
from trials.models import Trial
from trials.waking import wake

PROCESSES, CONNECTIONS = 2, 8
SLOW_CONNECTIONS = 14  # in each process: 28 of the 32 that the site may open
SENT, SENT_SLOWLY = 6_000, 3_000  # or as many as there are subscribers
ASKED = 20
SLOW = 0.1


def run(options: dict[str, Any], out: TextIO) -> dict[str, Any]:
    count = options["subscribers"]
    trial = _followed_trial(count)
    fanout = _seconds(_fan_out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    waiting = Email.objects.filter(lane="alerts", state="pending").count()
    assert waiting == count, f"{waiting} of {count} mails are in the outbox"
    _tidy_tables()
    mails = min(SENT, count)
    rounds = [(_rate("floor", mails, CONNECTIONS), _rate("sender", mails, CONNECTIONS)) for _ in range(2)]
    floor, sent = (max(figures) for figures in zip(*rounds, strict=True))
    slowly = _rate("sender", min(SENT_SLOWLY, count), SLOW_CONNECTIONS, delay=SLOW)
    confirm = _confirmations(trial)
    show(out, f"mail, {count:,} subscribers", [
        ("fan-out of one event", f"{fanout:.1f} s", f"limit 60 s for a million: {count / fanout:,.0f} a second"),
        ("memory of the fan-out", f"{peak:,.0f} MB", "limit 300 MB"),
        ("sent with the fence", f"{sent:,.0f} a second", f"floor {floor:,.0f} a second: {sent / floor:.2f}"),
        ("to a server of 100 ms", f"{slowly:,.0f} a second", f"{PROCESSES * SLOW_CONNECTIONS} connections"),
        ("confirmation, p95", f"{confirm:.2f} s", "limit 10 s, while digests wait"),
    ])  # fmt: skip
    return {"subscribers": count, "fanout_seconds": round(fanout, 2), "send_per_second": round(sent, 1),
            "floor_per_second": round(floor, 1), "send_ratio": round(sent / floor, 3),
            "confirm_p95_seconds": round(confirm, 2), "peak_mb": round(peak)}  # fmt: skip


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# --- One event ----------------------------------------------------------------------------------------------------

_READERS = """
INSERT INTO subscriptions_subscriber (email, key, time_zone, digest_hour, digest_weekday, is_neutral, created_at)
SELECT 'reader' || n || '@example.org', lpad(to_hex(n), 64, '0'), 'UTC', 8, 0, false, now() - interval '1 day'
  FROM generate_series(1, %s) n;
INSERT INTO subscriptions_subscription ({columns})
SELECT {values} FROM subscriptions_subscriber reader;
"""


def _followed_trial(readers: int) -> Trial:
    """A trial with that many followers, and a published run that closed it."""
    study = next(make_studies(1))
    status = study["protocolSection"]["statusModule"]
    status["overallStatus"] = "RECRUITING"
    with tempfile.TemporaryDirectory(prefix="plaintrials-bench-") as folder:
        file = Path(folder) / "study.json"
        file.write_text(json.dumps(study))
        polling.sync_file(file, baseline=True, now=timezone.now())
        trial = Trial.objects.get()
        _follow(trial, readers)
        status["overallStatus"] = "ACTIVE_NOT_RECRUITING"
        status["lastUpdatePostDateStruct"] = {"date": "2026-11-19", "type": "ACTUAL"}
        file.write_text(json.dumps(study))
        news = polling.sync_file(file, baseline=False, now=timezone.now())
    assert news.events, "the study did not change"
    return trial


def _follow(trial: Trial, readers: int) -> None:
    """By one statement; columns that it does not name are text and stay empty."""
    given = {
        "subscriber_id": "reader.id", "trial_id": str(trial.pk), "scope": "'matters'", "frequency": "'at-once'",
        "confirmed_at": "reader.created_at", "consented_at": "reader.created_at", "consent_version": "'2026-11'",
        "ended_reason": "''",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'subscriptions_subscription'"
            " AND is_nullable = 'NO' AND column_default IS NULL AND data_type IN ('text', 'character varying')"
            " AND NOT column_name = ANY(%s)",
            [list(given)],
        )
        given |= {name: "''" for (name,) in cursor.fetchall()}
        columns, values = ", ".join(given), ", ".join(given.values())
        for statement in _READERS.format(columns=columns, values=values).split(";")[:2]:
            cursor.execute(statement, [readers] if "%s" in statement else None)
        cursor.execute("ANALYZE")


def _fan_out() -> None:
    """What the sweep does when a run was published."""
    matching.match_new_runs(now=timezone.now())
    composing.compose_alerts(now=timezone.now())


def _tidy_tables() -> None:
    """What autovacuum does meanwhile on a site that has been up for a minute."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE subscriptions_email")
        cursor.execute("VACUUM ANALYZE subscriptions_notification")
        cursor.execute("CHECKPOINT")


# --- Sending ------------------------------------------------------------------------------------------------------


def _rate(role: str, mails: int, connections: int, *, delay: float = 0) -> float:
    """Mails a second, from the word go to the last answer; the processes are up and warm by then."""
    _make_wait(mails)
    _make_due(mails if role == "sender" else 0)
    with _sink(delay) as (port, ledger), contextlib.ExitStack() as pipes:
        share = math.ceil(mails / PROCESSES)
        children = [_child(role, port, place, share, connections) for place in range(PROCESSES)]
        for child in children:
            pipes.enter_context(child)
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n", "a sender did not start"
        began = time.perf_counter()
        for child in children:
            assert child.stdin is not None
            child.stdin.write(b"go\n")
            child.stdin.flush()
        codes = [child.wait() for child in children]
        seconds = time.perf_counter() - began
        assert codes == [0] * PROCESSES, f"the {role} ended with {codes}"
        arrived = len(ledger.read_text().splitlines())
    assert arrived >= mails, f"{arrived} of {mails} mails arrived"
    return arrived / seconds


def _make_wait(mails: int) -> None:
    """With few subscribers the same mails go several times: what was sent waits again where too little is left."""
    of_lane = Email.objects.filter(lane="alerts")
    if of_lane.filter(state="pending").count() < mails:
        of_lane.filter(state="sent").update(state="pending", sent_at=None)


def _make_due(mails: int) -> None:
    """That many of the waiting mails, the oldest first; the rest is for later."""
    waiting = Email.objects.filter(state="pending", lane="alerts")
    now = timezone.now()
    waiting.filter(due_at__lte=now).update(due_at=now + timedelta(days=1))
    chosen = waiting.order_by("pk").values("pk")[:mails]
    waiting.filter(pk__in=chosen).update(due_at=now)


def _child(role: str, port: int, place: int, mails: int, connections: int) -> subprocess.Popen[bytes]:
    words = [role, str(place), str(mails), str(connections)]
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.senders", *words],
        cwd=ROOT, env=_environment(port), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        preexec_fn=end_with_parent(signal.SIGKILL),
    )  # fmt: skip


def _environment(port: int) -> dict[str, str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + str(connection.settings_dict["NAME"]))
    return {
        **os.environ,
        "DATABASE_URL": database.geturl(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "MAIL_RATE": "1000000",
    }


@contextlib.contextmanager
def _sink(delay: float = 0) -> Iterator[tuple[int, Path]]:
    with tempfile.TemporaryDirectory(prefix="plaintrials-bench-") as folder:
        ledger = Path(folder) / "ledger.jsonl"
        command = [sys.executable, "-m", "tests.chaos.sink", "--ledger", str(ledger), "--delay", str(delay)]
        kill = end_with_parent(signal.SIGKILL)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=kill) as server:
            assert server.stdout is not None
            try:
                yield int(server.stdout.readline()), ledger
            finally:
                server.terminate()


# --- A confirmation while digests wait ----------------------------------------------------------------------------


def _confirmations(trial: Trial) -> float:
    """Seconds from asking to the mail server, at the 95th percentile. All that still waits counts as digests."""
    _make_wait(1)
    Email.objects.filter(lane="alerts", state="pending").update(lane="digests", kind="digest", due_at=timezone.now())
    waiting = Email.objects.filter(lane="digests", state="pending").count()
    assert waiting, "no digest waits"
    with _sink() as (port, ledger), _workers(port):
        _wait_until(lambda: _lines(ledger) > 0, "the digests to flow")
        return statistics.quantiles([_ask(trial, place, ledger) for place in range(ASKED)], n=20)[-1]


@contextlib.contextmanager
def _workers(port: int) -> Iterator[None]:
    """One worker a lane, as in production; digests flow the whole time."""
    children = []
    celery = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "-l", "WARNING",
              "--without-gossip", "--without-mingle", "--without-heartbeat"]  # fmt: skip
    for lane in ("confirmations", "digests"):
        command = [*celery, "-Q", lane, "-n", f"{lane}@bench"]
        children.append(
            subprocess.Popen(command, cwd=ROOT, env=_environment(port), preexec_fn=end_with_parent(signal.SIGKILL))
        )
    wake(deliver_digests)
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def _ask(trial: Trial, place: int, ledger: Path) -> float:
    address = f"asker{place}@asker{place}.example.org"
    began = time.perf_counter()
    signup.ask(signup.Wish(address, trial=trial), now=timezone.now())
    wake(deliver_confirmations)
    _wait_until(lambda: re.search(rf'"to": "{re.escape(address)}"', ledger.read_text()) is not None, "a confirmation")
    return time.perf_counter() - began


def _lines(ledger: Path) -> int:
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def _wait_until(is_so: Any, what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited for {what} in vain"
        time.sleep(0.02)
