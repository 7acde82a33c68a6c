"""What editors do to conditions: merge two into one, hide one, show it again. The next sync keeps to it."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import OuterRef, Subquery

from trials.batches import batches
from trials.condition_index import recount
from trials.models import Condition, Trial, TrialCondition
from trials.search.terms import Kind, marked


class ConditionError(ValueError):
    """Cannot be done, and why, in words for the editor."""


@transaction.atomic
def merge(condition: Condition, *, into: Condition) -> None:
    """Chips, names, articles and followers move to `into`; the old address redirects there.

    Who follows both keeps both rows: a merged condition's followers hear of the other's trials, once.
    """
    if condition.pk == into.pk:
        raise ConditionError("A condition cannot be merged into itself.")
    if into.merged_into_id or into.is_hidden:
        raise ConditionError(f"{into} is hidden or merged itself. Choose one that readers see.")
    if condition.merged_into_id:
        raise ConditionError(f"{condition} was merged before.")
    _move_chips(condition, into)
    for relation in _relations():
        _move(relation, condition, into)
    Condition.objects.filter(pk=condition.pk).update(merged_into=into)
    recount([condition.pk, into.pk])


@transaction.atomic
def hide(condition: Condition) -> None:
    """No chip and no page; trials that offered it for following offer their next condition."""
    Condition.objects.filter(pk=condition.pk).update(is_hidden=True)
    shown = TrialCondition.objects.filter(
        trial=OuterRef("pk"), condition__is_hidden=False, condition__merged_into=None
    ).order_by("position")
    offering = Trial.objects.filter(subscription_condition=condition)
    offering.update(subscription_condition=Subquery(shown.values("condition")[:1]))


def show(condition: Condition) -> None:
    Condition.objects.filter(pk=condition.pk).update(is_hidden=False)
    recount([condition.pk])


def _relations() -> list[models.ForeignKey[Any, Any]]:
    """Every foreign key to Condition in whatever app, but the chips: this app imports none of the others."""
    fields = Condition._meta.get_fields(include_hidden=True)
    keys = [field.field for field in fields if isinstance(field, models.ManyToOneRel)]
    return [key for key in keys if key.model is not TrialCondition]


def _move_chips(condition: Condition, into: Condition) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trials_trialcondition chip SET condition_id = %(into)s
            WHERE condition_id = %(old)s AND NOT EXISTS (
                SELECT 1 FROM trials_trialcondition other
                WHERE other.trial_id = chip.trial_id AND other.condition_id = %(into)s)
            """,
            {"old": condition.pk, "into": into.pk},
        )
        cursor.execute(
            """
            UPDATE trials_trialsearch SET terms = array_replace(terms, %(old)s, %(into)s)
            WHERE terms @> ARRAY[%(old)s]
            """,
            {"old": marked(Kind.CONDITION, condition.pk), "into": marked(Kind.CONDITION, into.pk)},
        )
    TrialCondition.objects.filter(condition=condition).delete()


def _move(key: models.ForeignKey[Any, Any], condition: Condition, into: Condition) -> None:
    rows = key.model._base_manager
    ids = list(rows.filter(**{key.name: condition}).values_list("pk", flat=True))
    for batch in batches(ids):
        _move_where_free(key, batch, into)


def _move_where_free(key: models.ForeignKey[Any, Any], ids: Sequence[Any], into: Condition) -> None:
    """Moves the rows together, or apart where one of them would be there twice: that one stays where it is."""
    try:
        with transaction.atomic():
            key.model._base_manager.filter(pk__in=ids).update(**{key.name: into})
    except IntegrityError:
        if len(ids) > 1:
            _move_where_free(key, ids[: len(ids) // 2], into)
            _move_where_free(key, ids[len(ids) // 2 :], into)
