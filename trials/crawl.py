"""What a crawl yields, and the proof that its pages make one whole. Speaks no HTTP."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from trials.registry_errors import CrawlBroken, RegistryAnswerError

RawStudy = dict[str, Any]


@dataclass(frozen=True)
class RegistryVersion:
    api_version: str
    data_timestamp: str  # as sent, without a zone: only ever compared with another one


@dataclass(frozen=True)
class Page:
    studies: list[RawStudy]
    number: int  # from 1, counted from where this crawl began
    total: int | None  # on the first page of a crawl that began without a token
    token: str | None  # of the page after this one; None on the last


@dataclass(frozen=True)
class InventoryRow:
    nct_id: str
    last_update_posted: str | None
    overall_status: str | None


def canonical_nct_id(text: str) -> str | None:
    """NCT and eight digits, or None: the registry takes any case and no leading zeros, and never NCT00000000."""
    found = re.fullmatch(r"NCT0*([1-9][0-9]{0,7})", text.strip().upper())
    return f"NCT{int(found[1]):08d}" if found else None


def nct_id_of(study: RawStudy) -> str | None:
    """The id that the record gives itself, or None where it is missing or malformed."""
    try:
        stated = study["protocolSection"]["identificationModule"]["nctId"]
    except (KeyError, TypeError):
        return None
    return canonical_nct_id(stated) if isinstance(stated, str) else None


def ids_of(study: RawStudy) -> list[str]:
    """The ids under which the registry finds the study: its own and its former ones."""
    own = nct_id_of(study)
    if own is None:
        return []
    former = study["protocolSection"]["identificationModule"].get("nctIdAliases")
    words = [str(word) for word in former] if isinstance(former, list) else []
    return [own, *filter(None, map(canonical_nct_id, words))]


def inventory_row(study: RawStudy) -> InventoryRow:
    nct_id = nct_id_of(study)
    if nct_id is None:  # an inventory with a hole would make a study look removed
        raise RegistryAnswerError("a row of the inventory does not say its NCT ID")
    status = study["protocolSection"].get("statusModule")
    status = status if isinstance(status, dict) else {}
    posted = status.get("lastUpdatePostDateStruct")
    day = posted.get("date") if isinstance(posted, dict) else None
    return InventoryRow(nct_id, _text(day), _text(status.get("overallStatus")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


class Crawl:
    """Pages between two looks at the registry's version; iterate once.

    complete turns true only after the last page, when the data did not move meanwhile and as many different studies
    came as the registry had counted. Until then nothing may be concluded from what is absent.
    """

    def __init__(
        self,
        ask_version: Callable[[], RegistryVersion],
        pages: Iterator[Page],
        *,
        expected: RegistryVersion | None = None,
    ) -> None:
        self._ask_version = ask_version
        self._pages = pages
        self._expected = expected
        self._ids: set[int] = set()  # 600,000 numbers take half the room of as many texts
        self._nameless = 0
        self.version: RegistryVersion | None = None
        self.total: int | None = None  # unknown in a crawl resumed from a token
        self.complete = False

    @property
    def collected(self) -> int:
        """Different studies so far; those without a readable id count one each."""
        return len(self._ids) + self._nameless

    def __iter__(self) -> Iterator[Page]:
        self.version = self._unmoved(self._expected)
        for page in self._pages:
            self._note(page)
            yield page
        self._unmoved(self.version)
        if self.total is not None and self.collected < self.total:
            raise CrawlBroken("short", f"{self.collected} studies came of the {self.total} that were announced")
        self.complete = True

    def _unmoved(self, before: RegistryVersion | None) -> RegistryVersion:
        now = self._ask_version()
        if before is not None and now.data_timestamp != before.data_timestamp:
            raise CrawlBroken("moved", f"the data moved from {before.data_timestamp} to {now.data_timestamp}")
        return now

    def _note(self, page: Page) -> None:
        self.total = page.total if page.total is not None else self.total
        for study in page.studies:
            nct_id = nct_id_of(study)
            if nct_id is None:
                self._nameless += 1
            else:
                self._ids.add(int(nct_id[3:]))
