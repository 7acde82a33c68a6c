"""Which readers follow a long text that our editors corrected, renewed or withdrew. Idempotent, one statement each."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from explainers.models import ExplainerUpdate
from subscriptions.models import MatchedUpdate

# A subscription begun after the update does not hear of it: its page showed the new text already
_MATCH = """
INSERT INTO subscriptions_notification (subscription_id, subscriber_id, explainer_update_id, is_urgent, created_at)
SELECT s.id, s.subscriber_id, %(update)s, true, %(now)s
  FROM subscriptions_subscription s
 WHERE s.explainer_id = %(explainer)s AND s.ended_at IS NULL AND s.confirmed_at <= %(published_at)s
ON CONFLICT (explainer_update_id, subscription_id) WHERE explainer_update_id IS NOT NULL DO NOTHING
"""


def match_new_updates(*, now: datetime) -> int:
    """The number of notifications written."""
    waiting = ExplainerUpdate.objects.exclude(pk__in=MatchedUpdate.objects.values("update")).order_by("pk")
    return sum(_match(update, now=now) for update in waiting)


@transaction.atomic
def _match(update: ExplainerUpdate, *, now: datetime) -> int:
    done, is_new = MatchedUpdate.objects.get_or_create(update=update, defaults={"matched_at": now})
    if not is_new:
        return 0
    values: dict[str, Any] = {
        "update": update.pk,
        "explainer": update.explainer_id,
        "published_at": update.published_at,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MATCH, values)
        done.notifications = cursor.rowcount
    done.save(update_fields=["notifications"])
    return done.notifications
