"""Untold notifications -> Email rows, set-based: a batch of readers a transaction. Nothing is rendered here."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from subscriptions.message_ids import mail_domain
from subscriptions.models import DigestRun, Email

BATCH = 20_000
MOST_ALERTS_A_DAY = 10

_ALERT_READERS = """
SELECT DISTINCT n.subscriber_id
  FROM subscriptions_notification n
  JOIN subscriptions_subscription s ON s.id = n.subscription_id
  JOIN subscriptions_subscriber r ON r.id = n.subscriber_id
 WHERE n.email_id IS NULL AND n.dropped_at IS NULL AND n.is_urgent AND n.subscriber_id > %(after)s
   AND s.frequency = 'at-once' AND s.ended_at IS NULL
   AND (r.paused_until IS NULL OR r.paused_until <= %(now)s)
 ORDER BY n.subscriber_id LIMIT %(most)s
"""

# Who had ten alerts in a day gets the rest in the next daily digest
_ROLL_OVER = """
UPDATE subscriptions_notification n SET is_urgent = false
 WHERE n.email_id IS NULL AND n.dropped_at IS NULL AND n.is_urgent AND n.subscriber_id = ANY(%(readers)s)
   AND n.subscriber_id IN (SELECT e.subscriber_id FROM subscriptions_email e
                            WHERE e.subscriber_id = ANY(%(readers)s) AND e.kind = 'alert' AND e.created_at > %(since)s
                              AND e.state <> 'cancelled'
                            GROUP BY e.subscriber_id HAVING count(*) >= %(most)s)
RETURNING n.subscriber_id
"""

_UNTOLD = """
SELECT n.id, n.subscriber_id, coalesce(change.trial_id, -n.explainer_update_id), coalesce(change.version, 0),
       ({due}) AND s.ended_at IS NULL AS is_due
  FROM subscriptions_notification n
  JOIN subscriptions_subscription s ON s.id = n.subscription_id
  LEFT JOIN trials_trialchange change ON change.id = n.change_id
 WHERE n.email_id IS NULL AND n.dropped_at IS NULL AND n.subscriber_id = ANY(%(readers)s)
"""

_WRITE = """
INSERT INTO subscriptions_email (kind, lane, state, subscriber_id, digest_run_id, message_id, created_at, due_at,
                                 attempts, ambiguous, phase, error)
SELECT %(kind)s, %(lane)s, 'pending', reader, %(run)s, '<' || gen_random_uuid() || '@' || %(domain)s || '>',
       %(now)s, %(now)s, 0, 0, '', ''
  FROM unnest(%(readers)s::bigint[]) reader
ON CONFLICT (digest_run_id, subscriber_id) WHERE digest_run_id IS NOT NULL DO NOTHING
RETURNING subscriber_id, id
"""

_TELL = """
UPDATE subscriptions_notification n SET email_id = told.email
  FROM unnest(%(ids)s::bigint[], %(emails)s::bigint[]) AS told(id, email)
 WHERE n.id = told.id
"""

ALERT_DUE = "s.frequency = 'at-once' AND n.is_urgent"
DAILY_DUE = "s.frequency = 'daily' OR (s.frequency = 'at-once' AND NOT n.is_urgent)"
WEEKLY_DUE = "s.frequency = 'weekly'"


def compose_alerts(*, now: datetime) -> int:
    """One mail for each reader with something to tell at once; the number of mails."""
    mails, after = 0, 0
    while True:
        composed, last = _compose_batch(after, now=now)
        mails += composed
        if last is None:
            return mails
        after = last


@transaction.atomic
def _compose_batch(after: int, *, now: datetime) -> tuple[int, int | None]:
    lock_composing()
    with connection.cursor() as cursor:
        cursor.execute(_ALERT_READERS, {"after": after, "now": now, "most": BATCH})
        readers = [pk for (pk,) in cursor.fetchall()]
        if not readers:
            return 0, None
        since = now - timedelta(days=1)
        cursor.execute(_ROLL_OVER, {"readers": readers, "since": since, "most": MOST_ALERTS_A_DAY})
    return gather(readers, ALERT_DUE, kind=Email.Kind.ALERT, lane=Email.Lane.ALERTS, run=None, now=now), readers[-1]


def gather(readers: Sequence[int], due: str, *, kind: str, lane: str, run: DigestRun | None, now: datetime) -> int:
    """Write one mail for each of these readers whose untold changes are due, and claim the changes for it.

    An update goes out whole: what other subscriptions of the reader say about it travels along, whatever their pace.
    So no reader hears of one update by two routes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD.format(due=due), {"readers": list(readers)})
        untold = cursor.fetchall()
        updates = {(reader, trial, version) for _, reader, trial, version, is_due in untold if is_due}
        claimed = [(pk, reader) for pk, reader, trial, version, _ in untold if (reader, trial, version) in updates]
        values = {
            "readers": sorted({reader for _, reader in claimed}),
            "kind": kind,
            "lane": lane,
            "run": run.pk if run else None,
            "domain": mail_domain(),
            "now": now,
        }
        cursor.execute(_WRITE, values)
        emails = dict(cursor.fetchall())
        told = [(pk, emails[reader]) for pk, reader in claimed if reader in emails]
        cursor.execute(_TELL, {"ids": [pk for pk, _ in told], "emails": [email for _, email in told]})
    return len(emails)


def lock_composing() -> None:
    """One composer at a time, until the transaction ends: two would write two mails about one change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('subscriptions.composing', 0))")
