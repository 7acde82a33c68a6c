"""Names of conditions that begin with what is being typed."""

from typing import Any

from django.db import connections, router

from trials.conditions import condition_key
from trials.models import Condition

SHORTEST, LONGEST, MOST = 2, 60, 8
_BEGINNING = """
    WITH named AS (
        (SELECT id AS condition_id, name FROM trials_condition WHERE key LIKE %(beginning)s
         AND merged_into_id IS NULL ORDER BY open_count DESC LIMIT 40)
        UNION ALL
        (SELECT coalesce(c.merged_into_id, c.id), n.name FROM trials_conditionname n
         JOIN trials_condition c ON c.id = n.condition_id
         WHERE n.key LIKE %(beginning)s AND n.source <> 'learned' LIMIT 40)
    )
    SELECT named.name, c.name, c.slug, c.trial_count FROM named JOIN trials_condition c ON c.id = condition_id
    WHERE NOT c.is_hidden AND c.trial_count > 0 ORDER BY c.open_count DESC, c.trial_count DESC, named.name LIMIT 24
"""


def suggestions(typed: str) -> list[dict[str, Any]]:
    """Up to eight, each condition once; `also` is its own name where the typed one is another."""
    typed = typed[:LONGEST].replace("\0", " ").strip()
    if len(typed) < SHORTEST:
        return []
    key = condition_key(typed).replace("\\", "").replace("%", "").replace("_", "")
    with connections[router.db_for_read(Condition) or "default"].cursor() as cursor:
        cursor.execute(_BEGINNING, {"beginning": f"{key}%"})
        rows = cursor.fetchall()
    found: dict[str, dict[str, Any]] = {}
    for name, real, slug, trials in rows:
        also = real if name.casefold() != real.casefold() else ""
        found.setdefault(slug, {"name": name, "also": also, "url": f"/conditions/{slug}/", "trials": trials})
    return list(found.values())[:MOST]
