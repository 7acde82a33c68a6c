"""Which changes concern which subscriptions. Reads the changes of published runs, writes Notification rows.

Set-based and idempotent: a batch of subscribers at a time, resumed where it stopped, repeated without effect.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from subscriptions import wider_matching
from subscriptions.models import MatchedRun, Subscriber
from subscriptions.wider_matching import News
from trials.models import SyncRun

BATCH = 100_000
MANY = 10_000
STOPS = ["status_terminated", "status_withdrawn", "status_suspended"]

# Condition followers hear of arrivals and of trials that open, in a weekly brief of everything, unless they turned the
# trial itself off.
# That a trial is over concerns everybody who follows it, though it is no news to tell at once. Why it stopped belongs
# to the news that it stopped; given later, it waits for a digest.
# Whoever follows a trial that the registry merged into another hears of that one: `followed` holds both rows.
# A subscription begun after the run was published does not hear of it: its page showed the change already.
_MATCH = """
WITH news AS MATERIALIZED (
    SELECT change.id, change.trial_id, change.version, change.kind, change.rank,
           change.field = 'status' AND change.new = '"COMPLETED"'::jsonb AS is_end,
           greatest(change.detected_at, run.finished_at) AS told_at,
           bool_or(change.rank = 3) OVER this_update AS is_urgent,
           change.kind = 'why_stopped' AND bool_or(change.kind = ANY(%(stops)s)) OVER this_update AS is_reason
      FROM trials_trialchange change JOIN trials_syncrun run ON run.id = change.run_id
     WHERE change.run_id = %(run)s AND change.rank >= 2
    WINDOW this_update AS (PARTITION BY change.trial_id, change.version)
), followed AS MATERIALIZED (
    SELECT DISTINCT trial_id AS id, trial_id AS now_id FROM news
     UNION
    SELECT trial.id, trial.moved_to_id FROM trials_trial trial JOIN news ON trial.moved_to_id = news.trial_id
), matched AS (
    SELECT s.id AS subscription_id, s.subscriber_id, news.id AS change_id, news.is_urgent
      FROM news
      JOIN followed ON followed.now_id = news.trial_id
      JOIN subscriptions_subscription s ON s.trial_id = followed.id
     WHERE s.ended_at IS NULL AND s.confirmed_at <= news.told_at
       AND s.subscriber_id > %(after)s AND s.subscriber_id <= %(upto)s
       AND news.kind <> 'listed' AND (news.rank = 3 OR s.scope = 'everything' OR news.is_end OR news.is_reason)
    UNION ALL
    SELECT s.id, s.subscriber_id, news.id, s.scope <> 'brief'
      FROM news
      JOIN trials_trialcondition chip ON chip.trial_id = news.trial_id
      JOIN trials_condition condition ON condition.id = chip.condition_id
                                      OR condition.merged_into_id = chip.condition_id
      JOIN subscriptions_subscription s ON s.condition_id = condition.id
     WHERE s.ended_at IS NULL AND s.place_latitude IS NULL AND s.confirmed_at <= news.told_at
       AND s.subscriber_id > %(after)s AND s.subscriber_id <= %(upto)s
       AND (news.kind IN ('listed', 'status_opened') OR s.scope = 'brief')
       AND NOT EXISTS (SELECT 1 FROM subscriptions_subscription muted
                        JOIN followed ON followed.id = muted.trial_id
                        WHERE followed.now_id = news.trial_id AND muted.subscriber_id = s.subscriber_id
                          AND muted.ended_reason = 'unsubscribed')
)
INSERT INTO subscriptions_notification (subscription_id, subscriber_id, change_id, is_urgent, created_at)
SELECT subscription_id, subscriber_id, change_id, is_urgent, %(now)s FROM matched
ON CONFLICT (subscription_id, change_id) DO NOTHING
"""


def match_new_runs(*, now: datetime) -> int:
    """Match every published run with news that is not yet done; the number of notifications written."""
    done = MatchedRun.objects.filter(finished_at__isnull=False).values("run")
    runs = SyncRun.objects.with_news().exclude(pk__in=done).order_by("pk")
    return sum(match(run_id, now=now) for run_id in list(runs.values_list("pk", flat=True)))


def match(run_id: int, *, now: datetime) -> int:
    MatchedRun.objects.get_or_create(run_id=run_id, defaults={"started_at": now})
    wider = wider_matching.news_of(SyncRun.objects.get(pk=run_id))
    last = Subscriber.objects.aggregate(last=Max("pk"))["last"] or 0
    count = sum(_match_batch(run_id, upto, last, wider, now=now) for upto in _steps(last))
    if count >= MANY:
        _refresh_statistics()
    return count


def _refresh_statistics() -> None:
    """So many new rows at once, and the planner would read the whole table for every batch of readers."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE subscriptions_notification")


def _steps(last: int) -> Iterator[int]:
    yield from range(BATCH, last, BATCH)
    yield last


@transaction.atomic
def _match_batch(run_id: int, upto: int, last: int, wider: News, *, now: datetime) -> int:
    """All that a reader hears of a run is written in one transaction: a mail never takes half of it."""
    progress = MatchedRun.objects.select_for_update().get(pk=run_id)
    if progress.finished_at is not None or (progress.matched_to >= upto and upto != last):
        return 0
    with connection.cursor() as cursor:
        readers: dict[str, Any] = {"after": progress.matched_to, "upto": upto, "now": now}
        cursor.execute(_MATCH, {"run": run_id, "stops": STOPS, **readers})
        count = cursor.rowcount + wider_matching.write(wider, readers)
    progress.matched_to = max(upto, progress.matched_to)
    progress.notifications += count
    progress.finished_at = now if upto == last else None
    progress.save(update_fields=["matched_to", "notifications", "finished_at"])
    return count
