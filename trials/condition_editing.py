"""What editors do to conditions: merge two into one and take it back, hide one, show it again, judge a learned name.

The next sync keeps to it, and nobody is written to because of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from trials import search_index
from trials.batches import batches
from trials.condition_index import ConditionIndex, recount
from trials.models import Condition, ConditionMerge, ConditionName, Trial, TrialCondition
from trials.search.terms import Kind, marked


class ConditionError(ValueError):
    """Cannot be done, and why, in words for the editor."""


@transaction.atomic
def merge(condition: Condition, *, into: Condition, now: datetime | None = None) -> ConditionMerge:
    """Chips, names, articles and followers move to `into`; the old address redirects there. What moved is noted.

    Who follows both keeps both rows: a merged condition's followers hear of the other's trials, once.
    """
    if condition.pk == into.pk:
        raise ConditionError("A condition cannot be merged into itself.")
    if into.merged_into_id or into.is_hidden:
        raise ConditionError(f"{into} is hidden or merged itself. Choose one that readers see.")
    if condition.merged_into_id:
        raise ConditionError(f"{condition} was merged before.")
    made = ConditionMerge(condition=condition, into=into, merged_at=now or timezone.now())
    _move_chips(made)
    _move_search_rows(made)
    made.rows = {_name(key): _move(key, condition, into) for key in _relations()}
    Condition.objects.filter(pk=condition.pk).update(merged_into=into)
    recount([condition.pk, into.pk])
    made.save()
    return made


@transaction.atomic
def undo(merged: ConditionMerge, *, now: datetime | None = None) -> None:
    """What the merge moved goes back, as far as it is still where the merge put it.

    Trials that were stored since are read again, since their chips were made while the two were one.
    """
    condition = Condition.objects.select_for_update().get(pk=merged.condition_id)
    if merged.undone_at:
        raise ConditionError("This merge was taken back before.")
    if condition.merged_into_id != merged.into_id:
        raise ConditionError(f"{merged.into} was merged on since. Take that merge back first.")
    Condition.objects.filter(pk=condition.pk).update(merged_into=None)
    _return_chips(merged)
    _return_search_rows(merged)
    for key in _relations():
        held = key.model._base_manager.filter(pk__in=merged.rows.get(_name(key), []), **{key.name: merged.into_id})
        for batch in batches(held.values_list("pk", flat=True)):
            _move_where_free(key, batch, condition)
    _read_again(merged)
    recount([condition.pk, merged.into_id])
    ConditionMerge.objects.filter(pk=merged.pk).update(undone_at=now or timezone.now())


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


def accept(learned: ConditionName) -> None:
    """The editor's word makes a learned name one that filters and covers, as if it had been typed by hand."""
    taken = ConditionName.objects.trusted().filter(key=learned.key).select_related("condition").first()
    if taken is not None:
        raise ConditionError(f"{taken.condition} has the name “{learned.name}” already.")
    values = {"source": ConditionName.Source.EDITOR, "refused_at": None}
    ConditionName.objects.filter(pk=learned.pk).update(**values)


def refuse(learned: ConditionName, *, now: datetime | None = None) -> None:
    """It finds nothing more, and is never suggested again."""
    ConditionName.objects.suggested().filter(pk=learned.pk).update(refused_at=now or timezone.now())


def _relations() -> list[models.ForeignKey[Any, Any]]:
    """Every foreign key to Condition in whatever app, but the chips: this app imports none of the others."""
    fields = Condition._meta.get_fields(include_hidden=True)
    keys = [field.field for field in fields if isinstance(field, models.ManyToOneRel)]
    return [key for key in keys if key.model not in (TrialCondition, ConditionMerge)]


def _name(key: models.ForeignKey[Any, Any]) -> str:
    return f"{key.model._meta.label}.{key.name}"


def _move_chips(made: ConditionMerge) -> None:
    ids = {"old": made.condition_id, "into": made.into_id}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trials_trialcondition chip SET condition_id = %(into)s
            WHERE condition_id = %(old)s AND NOT EXISTS (
                SELECT 1 FROM trials_trialcondition other
                WHERE other.trial_id = chip.trial_id AND other.condition_id = %(into)s)
            RETURNING id, trial_id
            """,
            ids,
        )
        rows = cursor.fetchall()
        made.chips, made.chip_trials = [row[0] for row in rows], [row[1] for row in rows]
        left = "DELETE FROM trials_trialcondition WHERE condition_id = %(old)s RETURNING trial_id, position"
        cursor.execute(left, ids)
        made.doubled = [list(row) for row in cursor.fetchall()]


def _return_chips(merged: ConditionMerge) -> None:
    ids = {"old": merged.condition_id, "into": merged.into_id}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trials_trialcondition chip SET condition_id = %(old)s
            WHERE id = ANY(%(chips)s) AND condition_id = %(into)s AND NOT EXISTS (
                SELECT 1 FROM trials_trialcondition other
                WHERE other.trial_id = chip.trial_id AND other.condition_id = %(old)s)
            """,
            {**ids, "chips": merged.chips},
        )
        cursor.execute(
            """
            INSERT INTO trials_trialcondition (trial_id, condition_id, position)
            SELECT trial_id, %(old)s, doubled.position FROM unnest(%(trials)s::bigint[], %(positions)s::int[])
            AS doubled(trial_id, position) JOIN trials_trialcondition chip USING (trial_id)
            WHERE chip.condition_id = %(into)s ON CONFLICT DO NOTHING
            """,
            {**ids, "trials": [row[0] for row in merged.doubled], "positions": [row[1] for row in merged.doubled]},
        )


def _marks(merged: ConditionMerge) -> dict[str, int]:
    return {
        "old": marked(Kind.CONDITION, merged.condition_id),
        "into": marked(Kind.CONDITION, merged.into_id),
    }


def _move_search_rows(made: ConditionMerge) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trials_trialsearch SET terms = array_replace(terms, %(old)s, %(into)s)
            WHERE terms @> ARRAY[%(old)s] RETURNING trial_id, cardinality(array_positions(terms, %(into)s)) > 1
            """,
            _marks(made),
        )
        rows = cursor.fetchall()
    made.searched = [trial_id for trial_id, is_double in rows if not is_double]
    made.searched_twice = [trial_id for trial_id, is_double in rows if is_double]


def _return_search_rows(merged: ConditionMerge) -> None:
    values: dict[str, Any] = {**_marks(merged), "once": merged.searched, "twice": merged.searched_twice}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trials_trialsearch SET terms = array_replace(terms, %(into)s, %(old)s)
            WHERE trial_id = ANY(%(once)s) AND terms @> ARRAY[%(into)s]
            """,
            values,
        )
        cursor.execute(
            """
            UPDATE trials_trialsearch SET terms = array_append(terms, %(old)s)
            WHERE trial_id = ANY(%(twice)s) AND terms @> ARRAY[%(into)s] AND NOT terms @> ARRAY[%(old)s]
            """,
            values,
        )


def _read_again(merged: ConditionMerge) -> None:
    """The chips and search rows of trials that arrived or were stored anew while the two were one."""
    since = Q(first_seen_at__gte=merged.merged_at) | Q(last_changed_at__gte=merged.merged_at)
    bearing = Trial.objects.listed().filter(since, trial_conditions__condition_id=merged.into_id)
    kept = set(TrialCondition.objects.filter(id__in=merged.chips).values_list("id", flat=True))
    anew = {trial_id for id_, trial_id in zip(merged.chips, merged.chip_trials, strict=True) if id_ not in kept}
    anew |= set(bearing.values_list("id", flat=True))
    for ids in batches(sorted(anew)):
        trials = list(Trial.objects.filter(id__in=ids).select_related("document"))
        conditions = ConditionIndex()
        conditions.learn(trial.document.record for trial in trials)
        chips = {trial.pk: conditions.chips(trial.document.record) for trial in trials}
        TrialCondition.objects.filter(trial_id__in=ids).delete()
        TrialCondition.objects.bulk_create(
            TrialCondition(trial_id=id_, condition_id=condition, position=position)
            for id_, each in chips.items() for position, condition in enumerate(each)
        )  # fmt: skip
        for trial in trials:
            if not trial.keeps_subscription_condition:
                trial.subscription_condition_id = conditions.subscription_condition(trial.document.record)
        Trial.objects.bulk_update(trials, ["subscription_condition"], batch_size=500)
        search_index.refresh(ids)


def _move(key: models.ForeignKey[Any, Any], condition: Condition, into: Condition) -> list[Any]:
    """The keys of the rows that moved."""
    rows = key.model._base_manager
    ids = list(rows.filter(**{key.name: condition}).values_list("pk", flat=True))
    return [id_ for batch in batches(ids) for id_ in _move_where_free(key, batch, into)]


def _move_where_free(key: models.ForeignKey[Any, Any], ids: Sequence[Any], into: Condition) -> list[Any]:
    """Moves the rows together, or apart where one of them would be there twice: that one stays where it is."""
    try:
        with transaction.atomic():
            key.model._base_manager.filter(pk__in=ids).update(**{key.name: into})
    except IntegrityError:
        if len(ids) == 1:
            return []
        half = len(ids) // 2
        return [*_move_where_free(key, ids[:half], into), *_move_where_free(key, ids[half:], into)]
    return list(ids)
