"""What a condition's page tells beside its trials: what changed in them lately, and broader and narrower conditions."""

from typing import NamedTuple

from django.db.models import Q
from django.db.models.expressions import RawSQL

from trials.models import Condition, ConditionParent, TrialChange
from trials.search.finding import Found
from trials.search.terms import Kind, marked

MOST_CHANGES = 5
LOOKED_AT = 3000
"""Of a condition with many trials, those among so many that changed last in the whole registry."""
MOST_NARROWER = 40

_WEIGHTIEST = """
    SELECT weightiest.id FROM ({latest}) AS latest, LATERAL (
        SELECT change.id FROM trials_trialchange change
        WHERE change.trial_id = latest.id AND change.version = latest.version ORDER BY rank DESC, change.id LIMIT 1
    ) AS weightiest
"""
# Few trials: theirs are looked up and sorted.
_OF_FEW = """
    SELECT trial.id, trial.version
    FROM trials_trialsearch search JOIN trials_trial trial ON trial.id = search.trial_id
    WHERE search.terms && %s::int[] AND trial.version > 1 ORDER BY trial.last_changed_at DESC LIMIT %s
"""
# Many: those that changed last are walked by their index until there are enough. The OFFSET keeps the planner from
# gathering all trials of the condition first.
_OF_MANY = """
    SELECT lately.id, lately.version FROM (
        SELECT id, version, last_changed_at FROM trials_trial WHERE version > 1 ORDER BY last_changed_at DESC LIMIT %s
    ) AS lately, LATERAL (
        SELECT 1 FROM trials_trialsearch search WHERE search.trial_id = lately.id AND search.terms && %s::int[] OFFSET 0
    ) AS search ORDER BY lately.last_changed_at DESC LIMIT %s
"""


class Relatives(NamedTuple):
    broader: list[Condition]
    narrower: list[Condition]


def changes(found: Found) -> list[TrialChange]:
    """The weightiest change of each of its trials that changed last."""
    if not found.total or found.resolved.condition is None:
        return []
    marks = [marked(Kind.CONDITION, id_) for id_ in found.resolved.condition.ids]
    latest, values = (_OF_MANY, [LOOKED_AT, marks]) if found.is_capped else (_OF_FEW, [marks])
    sql = _WEIGHTIEST.format(latest=latest)
    rows = TrialChange.objects.filter(pk__in=RawSQL(sql, [*values, MOST_CHANGES]))  # noqa: S611 - a fixed statement
    return list(rows.select_related("trial__plain_summary").order_by("-detected_at", "-id"))


def relatives(condition: Condition) -> Relatives:
    """The broader and the narrower ones that readers see, the narrower ones with most open trials first."""
    links = ConditionParent.objects.filter(
        Q(condition=condition, parent__is_hidden=False, parent__merged_into=None)
        | Q(parent=condition, condition__is_hidden=False, condition__merged_into=None)
    )
    rows = links.select_related("condition", "parent").order_by("-condition__open_count", "condition__name", "id")
    broader = [link.parent for link in rows if link.condition_id == condition.pk]
    narrower = [link.condition for link in rows if link.parent_id == condition.pk]
    return Relatives(sorted(broader, key=lambda each: each.name.casefold()), narrower[:MOST_NARROWER])
