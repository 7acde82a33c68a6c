"""`bench pages --load`: a steady mix of searches, conditions and trials, then a crowd while mail goes out.

Goals: at 100 requests a second a p95 of 300 ms and no 5xx; under 1,000 visitors at once no fault, only 429 and 503 that
say when to come back, and a sending rate that falls by 30 % at most.
"""

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlencode

from django.utils import timezone

from benchmarks import load, mail
from benchmarks.burst import Crowd, crowd
from benchmarks.search_mix import mix
from benchmarks.table import show
from config.processes import ROOT, end_with_parent
from subscriptions.models import Email
from subscriptions.tasks import deliver_alerts
from tests.subscriptions.factories import published_run, update
from trials.models import Condition, Trial
from trials.waking import wake

PER_SECOND = 100
VISITORS = 1_000
MAIL_RATE = 28
"""A second: 100,000 an hour."""
READERS = 20_000
WARM = 3.0
P95_GOAL = 0.3
MOST_LESS_MAIL = 0.3


def run(options: dict[str, Any], out: TextIO, port: int) -> dict[str, Any]:
    """The studies are stored and the site answers on `port`."""
    seconds, paths = options["seconds"], mixed_paths()
    load.steady(port, paths[-500:], per_second=PER_SECOND / 2, seconds=WARM)
    calm = load.steady(port, paths, per_second=PER_SECOND, seconds=seconds)
    with _mail_flows() as ledger:
        alone = _rate(ledger, lambda: time.sleep(min(seconds, 20)))
        rush: list[Crowd] = []
        beside = _rate(ledger, lambda: rush.append(crowd(port, paths, visitors=VISITORS, seconds=seconds)))
    figures = _figures(calm, rush[0], alone, beside)
    _show(out, options["studies"], seconds, calm, rush[0], figures)
    return figures


def mixed_paths() -> list[str]:
    """A third each of searches, condition pages and trial pages, in an order that repeats itself late."""
    nct_ids = list(Trial.objects.order_by("?").values_list("nct_id", flat=True)[:20_000])
    slugs = list(Condition.objects.shown().filter(trial_count__gt=0).values_list("slug", flat=True)[:2_000])
    searches = [f"/trials/?{urlencode(parameters)}" for _, parameters in mix((nct_ids * 15)[:15])]
    random.Random(7).shuffle(searches)
    turns = [itertools.cycle(searches), itertools.cycle(f"/conditions/{slug}/" for slug in slugs),
             itertools.cycle(f"/trials/{nct_id}/" for nct_id in nct_ids)]  # fmt: skip
    return [next(turns[number % 3]) for number in range(3 * max(2_000, len(nct_ids)))]


@contextlib.contextmanager
def _mail_flows() -> Iterator[Path]:
    """A worker that sends alerts to a server of 100 ms, as fast as 100,000 an hour need; its ledger."""
    trial = Trial.objects.order_by("pk").first()
    assert trial is not None
    mail._follow(trial, READERS)
    update(trial, run=published_run(finished_at=timezone.now()))
    mail._fan_out()
    assert Email.objects.filter(lane="alerts", state="pending", due_at__lte=timezone.now()).exists()
    with mail._sink(mail.SLOW) as (port, ledger):
        env = {**mail._environment(port), "MAIL_RATE": str(MAIL_RATE)}
        words = ["worker", "-c", "1", "-l", "WARNING", "--without-gossip", "--without-mingle", "-Q", "alerts"]
        worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "config", *words], cwd=ROOT, env=env,
                                  preexec_fn=end_with_parent(signal.SIGKILL))  # fmt: skip
        try:
            wake(deliver_alerts)
            mail._wait_until(lambda: mail._lines(ledger) > MAIL_RATE, "the alerts to flow")
            yield ledger
        finally:
            worker.kill()
            worker.wait()


def _rate(ledger: Path, meanwhile: Any) -> float:
    """Mails a second for as long as that takes."""
    before, began = mail._lines(ledger), time.perf_counter()
    meanwhile()
    return (mail._lines(ledger) - before) / (time.perf_counter() - began)


def _figures(calm: load.Outcome, rush: Crowd, alone: float, beside: float) -> dict[str, Any]:
    errors = sum(count for status, count in calm.statuses.items() if status >= 500)
    return {
        "steady_p50_ms": round(calm.percentile(50) * 1000, 1),
        "steady_p95_ms": round(calm.percentile(95) * 1000, 1),
        "steady_5xx": errors,
        "steady_met": errors == 0 and calm.percentile(95) <= P95_GOAL,
        "crowd_statuses": dict(sorted(rush.statuses.items())),
        "crowd_failures": dict(rush.failures),
        "crowd_without_retry_after": rush.without_time,
        "mail_per_second": [round(alone, 1), round(beside, 1)],
        "crowd_met": rush.faults == 0 and beside >= alone * (1 - MOST_LESS_MAIL),
    }


def _show(out: TextIO, studies: int, seconds: float, calm: load.Outcome, rush: Crowd, figures: dict[str, Any]) -> None:
    alone, beside = figures["mail_per_second"]
    show(out, f"load, {studies:,} studies, {seconds:.0f} s each, {os.cpu_count()} cores for everything", [
        (f"{PER_SECOND} a second, p50", f"{figures['steady_p50_ms']:.0f} ms", ""),
        (f"{PER_SECOND} a second, p95", f"{figures['steady_p95_ms']:.0f} ms", "goal 300 ms"),
        (f"{PER_SECOND} a second, answers", _counts(calm.statuses), f"goal: {figures['steady_5xx']} x 5xx to be 0"),
        (f"{VISITORS:,} visitors, answers", _counts(rush.statuses), f"{rush.per_second:,.0f} a second"),
        (f"{VISITORS:,} visitors, wait", f"p50 {rush.percentile(50):.1f} s, p95 {rush.percentile(95):.1f} s", ""),
        (f"{VISITORS:,} visitors, faults", f"{rush.faults:,}", f"goal 0; {_counts(rush.failures)}"),
        ("mails a second, alone and beside", f"{alone:.1f}, {beside:.1f}", "goal: 30 % less at most"),
    ])  # fmt: skip


def _counts(counts: Any) -> str:
    return ", ".join(f"{number:,} x {name}" for name, number in sorted(counts.items())) or "none"
