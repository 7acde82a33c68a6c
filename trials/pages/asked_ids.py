"""NCT IDs in an address: `?id=NCT00000001+NCT00000002`, `id` given several times, or `id-1`, `id-2`, as forms do whose
every box needs a name of its own. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol
from urllib.parse import quote

from trials.records import NCT_ID

LONGEST = 2000


class AskedIds(NamedTuple):
    """`ids` in the order asked for, once each; `others` are words that are no NCT ID, `left_out` IDs past the most."""

    ids: list[str]
    others: list[str]
    left_out: list[str]


class Parameters(Protocol):
    """What this needs of Django's QueryDict."""

    def __iter__(self) -> Iterator[str]: ...
    def getlist(self, key: str) -> Sequence[str]: ...


def asked_ids(params: Parameters, most: int) -> AskedIds:
    values = [value for name in params if name == "id" or name.startswith("id-") for value in params.getlist(name)]
    given = " ".join(values[:50]).upper()[:LONGEST]
    words = list(dict.fromkeys(word[:20] for word in re.split(r"[^A-Z0-9]+", given) if word))
    ids = [word for word in words if NCT_ID.fullmatch(word)]
    return AskedIds(ids[:most], [word for word in words if word not in ids][:20], ids[most:][:20])


def query(ids: Iterable[str]) -> str:
    """`NCT00000001+NCT00000002`, for an address."""
    return "+".join(quote(nct_id) for nct_id in ids)
