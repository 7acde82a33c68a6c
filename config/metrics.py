"""The vitals in the words of Prometheus. Read afresh at each visit: no process keeps a count of its own."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from config import vitals
from config.vitals import Vitals

CONTENT_TYPE = CONTENT_TYPE_LATEST
_LANES = ("confirmations", "alerts", "digests")


class _Collector:
    def __init__(self, state: Vitals) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        state = self._state
        yield _gauge("broker_up", "1 when the broker answers.", float(state.broker_answers))
        yield _gauge("last_good_sync_age_seconds", "Since the registry last gave a good answer.", state.last_good_sync)
        yield _gauge("held_runs", "Runs that wait for a person.", state.held_runs)
        yield _gauge("unmatched_run_age_seconds", "Since the oldest run whose news were not matched yet.",
                     state.oldest_unmatched_run or 0)  # fmt: skip
        yield _gauge("undecided_sign_up_age_seconds", "Since the oldest sign-up that nobody looked at.",
                     state.oldest_undecided_sign_up or 0)  # fmt: skip
        yield _by("unsent_mail_age_seconds", "How long the oldest due mail has waited.", "lane",
                  {lane: state.oldest_unsent_mail.get(lane, 0) for lane in _LANES})  # fmt: skip
        yield _by("mails", "Mails that need a person.", "state",
                  {name: state.mails.get(name, 0) for name in ("failed", "unknown")})  # fmt: skip
        yield _gauge("mail_breaker_open", "1 while nothing is sent.", float(state.breaker_open))
        yield _gauge("bulk_mail_paused", "1 while alerts and digests wait for a person.", float(state.bulk_paused))
        yield _gauge("quarantined_studies", "Studies that could not be read.", state.quarantined)
        yield _gauge("trials", "Trials on the site.", state.trials)


def _gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    """No sample where there is no value yet: an alarm on absence tells that from zero."""
    family = GaugeMetricFamily(f"plaintrials_{name}", text)
    if value is not None:
        family.add_metric([], value)
    return family


def _by(name: str, text: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"plaintrials_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def render_metrics(*, now: datetime) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collector(vitals.look(now=now)))
    return generate_latest(registry)
