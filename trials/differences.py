"""What every part of the comparison hands back: a difference, before anyone says how much it matters. Pure."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

CAP = 25
"""Differences of one kind in one update that get their own row; the others share one."""

T = TypeVar("T")


class Difference(NamedTuple):
    field: str
    kind: str
    old: Any = None
    new: Any = None
    subject: str = ""


def hashed(prefix: str, *parts: str) -> str:
    """A field name that is the same in every run for the same thing, however long its words."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()
    return f"{prefix}/{digest}"


def numbered(found: Iterable[Difference]) -> list[Difference]:
    """Field names made unique: two sites called "Research Site" in one city are two changes."""
    seen: dict[str, int] = {}
    out = []
    for difference in found:
        count = seen[difference.field] = seen.get(difference.field, 0) + 1
        out.append(difference if count == 1 else difference._replace(field=f"{difference.field}#{count}"))
    return out


def capped(found: list[Difference]) -> list[Difference]:
    """At most CAP differences of one kind, then one of the same kind whose `old` and `new` list the rest.

    `subject` of that last one is empty and its field ends in `/more`.
    """
    if len(found) <= CAP + 1:
        return found
    rest = found[CAP:]
    more = Difference(
        field=f"{found[0].field.split('/')[0]}/{found[0].kind}/more",
        kind=found[0].kind,
        old=None if rest[0].old is None else [d.old for d in rest],
        new=None if rest[0].new is None else [d.new for d in rest],
    )
    return [*found[:CAP], more]


def pair_off(old: list[T], new: list[T], key: Callable[[T], Any]) -> tuple[list[tuple[T, T]], list[T], list[T]]:
    """Pairs of equal key in order of appearance, then what is left over on either side. Keys may repeat.

    A key of None pairs with nothing.
    """
    waiting: dict[Any, list[int]] = {}
    for index, item in enumerate(new):
        waiting.setdefault(key(item), []).append(index)
    waiting.pop(None, None)
    pairs: list[tuple[T, T]] = []
    gone: list[T] = []
    taken: set[int] = set()
    for item in old:
        if same := waiting.get(key(item)):
            taken.add(same[0])
            pairs.append((item, new[same.pop(0)]))
        else:
            gone.append(item)
    return pairs, gone, [item for index, item in enumerate(new) if index not in taken]


def pair_alike(
    old: list[T], new: list[T], score: Callable[[T, T], float], least: float
) -> tuple[list[tuple[T, T]], list[T], list[T]]:
    """Pairs of the highest score first, none below `least`. Long leftovers are not paired: they are other things."""
    if not old or not new or len(old) * len(new) > 4_000:
        return [], old, new
    ranked = sorted(
        ((score(a, b), i, j) for i, a in enumerate(old) for j, b in enumerate(new)), key=lambda s: (-s[0], s[1], s[2])
    )
    used_old: set[int] = set()
    used_new: set[int] = set()
    pairs = []
    for value, i, j in ranked:
        if value >= least and i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            pairs.append((old[i], new[j]))
    gone = [item for i, item in enumerate(old) if i not in used_old]
    return pairs, gone, [item for j, item in enumerate(new) if j not in used_new]
