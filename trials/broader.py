"""Broader and narrower conditions: MeSH's tree as the records tell it, and what editors add to it.

The registry gives each record one list of all that lies above its headings. Of a record with one heading the list is
that heading's own; which of them lie directly above follows from comparing lists.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from trials.models import Condition, ConditionParent

Link = tuple[int, int]
"""(condition, the broader one)"""
LEAST_HEADINGS = 2
"""So many headings must lie below a condition of which no record is, before their lists tell what lies above it."""


def direct(lists: Mapping[int, Iterable[int]]) -> set[Link]:
    """Heading -> all above it, to the links between neighbours, of which none leads back. Pure."""
    above = _completed({heading: set(others) - {heading} for heading, others in lists.items()})
    return {
        (condition, parent)
        for condition, parents in above.items()
        for parent in parents
        if condition not in above.get(parent, ()) and not any(parent in above.get(other, ()) for other in parents)
    }


def _completed(above: dict[int, set[int]]) -> dict[int, set[int]]:
    """Also those of which no record is: above one lies what is in all lists that have it, and in others besides."""
    below: dict[int, list[int]] = {}
    for heading, others in above.items():
        for other in others - above.keys():
            below.setdefault(other, []).append(heading)
    uses = Counter(other for others in above.values() for other in others)
    found: dict[int, set[int]] = {}
    for other, headings in below.items():
        if len(headings) >= LEAST_HEADINGS:
            shared = set.intersection(*(above[heading] for heading in headings))
            found[other] = {each for each in shared if uses[each] > uses[other]}
    above |= found
    return {condition: _reached(above, *others) for condition, others in above.items()}


def without_circles(links: set[Link], editors: set[Link]) -> set[Link]:
    """MeSH's links but for those that lead back to where an editor's link began: the editor's word holds. Pure."""
    up: dict[int, set[int]] = {}
    for condition, parent in links | editors:
        up.setdefault(condition, set()).add(parent)
    dropped: set[Link] = set()
    for condition, parent in editors:
        reached = _reached(up, parent)
        if condition in reached:
            dropped |= {(each, condition) for each in reached}
    return links - dropped


def _reached(up: Mapping[int, set[int]], *starts: int) -> set[int]:
    """These, and all above them."""
    seen, left = set(starts), list(starts)
    while left:
        for parent in up.get(left.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                left.append(parent)
    return seen


@transaction.atomic
def keep_mesh() -> int:
    """Makes MeSH's links anew from what the records told, and returns how many there are."""
    stays = dict(Condition.objects.filter(is_hidden=False, merged_into=None).values_list("id", "id"))
    stays |= dict(Condition.objects.filter(merged_into__is_hidden=False).values_list("id", "merged_into_id"))
    lists: dict[int, set[int]] = {}
    for heading, above in Condition.objects.exclude(mesh_above=None).values_list("id", "mesh_above"):
        if heading in stays:
            lists.setdefault(stays[heading], set()).update(stays[each] for each in above or () if each in stays)
    editors = set(_links(ConditionParent.Source.EDITOR))
    wanted = without_circles(direct(lists) - editors, editors)
    present = _links(ConditionParent.Source.MESH)
    ConditionParent.objects.filter(id__in=[id_ for link, id_ in present.items() if link not in wanted]).delete()
    rows = [ConditionParent(condition_id=condition, parent_id=parent, source=ConditionParent.Source.MESH)
            for condition, parent in sorted(wanted - present.keys())]  # fmt: skip
    ConditionParent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(wanted)


def _links(source: str) -> dict[Link, int]:
    rows = ConditionParent.objects.filter(source=source).values_list("condition_id", "parent_id", "id")
    return {(condition, parent): id_ for condition, parent, id_ in rows}


def is_above(higher: Condition, lower: Condition) -> bool:
    """By any way up, of MeSH's links and editors'."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE up AS (
                SELECT %(lower)s::bigint AS id
                UNION SELECT parent_id FROM up JOIN trials_conditionparent ON condition_id = up.id
            ) SELECT EXISTS (SELECT 1 FROM up WHERE id = %(higher)s)
            """,
            {"lower": lower.pk, "higher": higher.pk},
        )
        return bool(cursor.fetchone()[0])
