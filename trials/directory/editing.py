"""What editors do to the directory: merge two spellings, hide a name, show it again. The next sync keeps to it."""

from collections.abc import Iterable

from django.db import transaction

from trials.directory import due, filling
from trials.directory.links import recount_towns
from trials.directory.reading import links_of
from trials.models import Site, Treatment

Entry = Treatment | Site


class DirectoryError(ValueError):
    """Cannot be done, and why, in words for the editor."""


def merge(row: Entry, *, into: Entry) -> None:
    """The trials of `row` move to the page of `into`, its address redirects there, and its followers hear of both."""
    if row.pk == into.pk:
        raise DirectoryError("A page cannot be merged into itself.")
    if into.merged_into_id or into.is_hidden:
        raise DirectoryError(f"{into} is hidden or merged itself. Choose one that readers see.")
    if row.merged_into_id:
        raise DirectoryError(f"{row} was merged before.")
    rows = type(row)._default_manager
    with transaction.atomic():
        moving = list(links_of(row).values_list("trial_id", flat=True))
        rows.filter(merged_into=row).update(merged_into=into)
        rows.filter(pk=row.pk).update(merged_into=into)
        due.mark(moving)
        _count_towns(row, into)
    filling.after_run()


def hide(row: Entry) -> None:
    _set_hidden(row, is_hidden=True)


def show(row: Entry) -> None:
    _set_hidden(row, is_hidden=False)


@transaction.atomic
def _set_hidden(row: Entry, *, is_hidden: bool) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(is_hidden=is_hidden)
    _count_towns(row)


def _count_towns(*rows: Entry) -> None:
    recount_towns({row.town_id for row in rows if isinstance(row, Site)})


def same_page(model: type[Treatment] | type[Site], keys: Iterable[str]) -> dict[str, set[str]]:
    """Each key with all the keys whose rows stand on one page with it, for those who follow by an older spelling."""
    rows = model._default_manager
    asked = rows.filter(key__in=list(keys)).values_list("key", "id", "merged_into")
    roots = {key: merged or id_ for key, id_, merged in asked}
    of_root: dict[int, set[str]] = {}
    for row in rows.filter(merged_into__in=set(roots.values())).only("key", "merged_into_id"):
        of_root.setdefault(row.merged_into_id or row.pk, set()).add(row.key)
    for key, id_ in rows.filter(id__in=list(of_root)).values_list("key", "id"):
        of_root[id_].add(key)
    return {key: {key, *of_root.get(root, ())} for key, root in roots.items()}
