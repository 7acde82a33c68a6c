"""Everyday names of conditions: a starter list that editors add to in the admin."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from trials.conditions import condition_key
from trials.models import Condition, ConditionName
from trials.search import spelling
from trials.search.words import words_of

FILE = Path(__file__).parent / "data" / "lay_names.toml"


@cache
def by_heading() -> dict[str, dict[str, str]]:
    """Key of a MeSH heading -> key and spelling of each of its everyday names."""
    headings = tomllib.loads(FILE.read_text(encoding="utf-8"))
    known = {condition_key(heading) for heading in headings}
    return {
        condition_key(heading): {key: name for name in names if (key := condition_key(name)) not in known}
        for heading, names in headings.items()
    }


def give(condition_keys: Iterable[str]) -> None:
    """Names the conditions of these keys, as far as they are on the list; a name that is taken stays where it is."""
    keys = [key for key in condition_keys if key in by_heading()]
    if not keys:
        return
    rows = [
        ConditionName(condition_id=id_, name=name, key=key, source=ConditionName.Source.LAY)
        for heading, id_ in Condition.objects.filter(key__in=keys).values_list("key", "id")
        for key, name in by_heading()[heading].items()
    ]
    # A name that was learned, or refused as a learned one, is the list's from now on.
    learned = ConditionName.objects.filter(source=ConditionName.Source.LEARNED, key__in=[row.key for row in rows])
    learned.filter(condition__in=[row.condition_id for row in rows]).delete()
    ConditionName.objects.bulk_create(rows, ignore_conflicts=True)
    spelling.note_words(Counter(word for row in rows for word in words_of(row.name)))


def give_all() -> None:
    give(by_heading())
