"""The client of ClinicalTrials.gov API v2: speaks HTTP, yields raw studies, raises RegistryError, knows no model.

The paths and parameters are those of the registry's OpenAPI description 2.0.5.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from types import TracebackType

import httpx
import msgspec

from trials.crawl import (
    Crawl,
    InventoryRow,
    Page,
    RawStudy,
    RegistryVersion,
    canonical_nct_id,
    ids_of,
    inventory_row,
    nct_id_of,
)
from trials.fetching import Fetcher, Limits, Timepiece
from trials.registry_errors import (
    CrawlBroken,
    RegistryAnswerError,
    RegistryAnswerTooLarge,
    RegistryBlocked,
    RegistryBusy,
    RegistryError,
    RegistryMoved,
    RegistryNotFound,
    RegistryRequestError,
    RegistryUnreachable,
)
from trials.transport import Ladder, default_ladder

__all__ = [  # the door of the package: callers need none of the modules behind it
    "Crawl",
    "CrawlBroken",
    "InventoryRow",
    "Limits",
    "Page",
    "RawStudy",
    "Registry",
    "RegistryAnswerError",
    "RegistryAnswerTooLarge",
    "RegistryBlocked",
    "RegistryBusy",
    "RegistryError",
    "RegistryMoved",
    "RegistryNotFound",
    "RegistryRequestError",
    "RegistryUnreachable",
    "RegistryVersion",
    "Timepiece",
    "canonical_nct_id",
    "ids_of",
    "nct_id_of",
    "user_agent",
]

PRODUCT = "PlainTrials/0.1.0"
# Everything but the results section, the bulk of a record. hasResults is left out unless it is asked for by name.
STUDY_FIELDS = "ProtocolSection|DerivedSection|DocumentSection|AnnotationSection|HasResults"
INVENTORY_FIELDS = "NCTId|LastUpdatePostDate|OverallStatus"
LARGEST_PAGE = 1000  # the registry quietly lowers a larger pageSize
IDS_PER_REQUEST = 100  # 1.4 kB of address
LONGEST_TOKEN = 4096
SMALL_ANSWER_BYTES = 64 * 1024
MOVED_FOR_GOOD = {301, 308}


class _PageShape(msgspec.Struct):
    studies: list[RawStudy]
    nextPageToken: str | None = None
    totalCount: int | None = None


class _VersionShape(msgspec.Struct):
    apiVersion: str
    dataTimestamp: str


def user_agent(contact: str, site_url: str = "") -> str:
    """Who we are and whom to write to. Raises ValueError for what cannot stand in a header."""
    about = "; ".join([f"+{site_url}"] * bool(site_url) + [f"mailto:{contact}"] * bool(contact))
    if not re.fullmatch(r"[!-'*-~ ]*", about):
        raise ValueError("the registry's contact and the site's address must be plain ASCII without brackets")
    return f"{PRODUCT} ({about})" if about else PRODUCT


class Registry:
    """One polite client of one registry. Not for use by two threads at once.

    since, scope and ids only narrow what is asked for; every study comes back as the registry sent it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        contact: str,
        site_url: str = "",
        scope: str = "",
        min_interval: float = 1.0,
        rung: str = "",
        transport: httpx.BaseTransport | None = None,
        limits: Limits | None = None,
        time: Timepiece | None = None,
    ) -> None:
        self._base = _checked_base(base_url)
        self._scope = scope.strip()
        self.limits = limits or Limits()
        self._ladder = Ladder({"given": transport}) if transport else default_ladder(rung)
        self._fetcher = Fetcher(
            str(self._base),
            user_agent(contact, site_url),
            self._ladder,
            min_interval=min_interval,
            limits=self.limits,
            time=time or Timepiece(),
        )

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._fetcher.close()

    @property
    def rung(self) -> str:
        """The transport that last worked; hand it to the next Registry, and no refused call is repeated."""
        return self._ladder.rung

    def version(self) -> RegistryVersion:
        shape = self._fetcher.get("/version", {}, _VersionShape, max_bytes=SMALL_ANSWER_BYTES)
        if not 0 < len(shape.dataTimestamp) <= 64:
            raise RegistryAnswerError("the registry's version has no usable dataTimestamp")
        return RegistryVersion(shape.apiVersion, shape.dataTimestamp)

    def study(self, nct_id: str) -> RawStudy:
        """One study, under the id that its body states: the current one where nct_id is an alias.

        Raises RegistryNotFound, RegistryMoved for a redirect to anywhere else, RegistryRequestError for no NCT ID.
        """
        wanted = canonical_nct_id(nct_id)
        if wanted is None:
            raise RegistryRequestError(f"not an NCT ID: {nct_id[:40]!r}")
        try:
            return self._study(wanted)
        except RegistryMoved as moved:
            current = self._alias_target(moved)
            if current is None or current == wanted:
                raise
        return self._study(current)

    def _study(self, nct_id: str) -> RawStudy:
        path = f"/studies/{nct_id}"
        study = self._fetcher.get(path, {"fields": STUDY_FIELDS}, RawStudy, max_bytes=self.limits.study_bytes)
        if nct_id_of(study) is None:
            raise RegistryAnswerError(f"the study at {path} does not say its NCT ID")
        return study

    def _alias_target(self, moved: RegistryMoved) -> str | None:
        # Only the id is taken from the Location: the second request is built like any other, to our own host.
        try:
            target = self._base.join(moved.location)
        except (httpx.InvalidURL, ValueError):
            return None
        found = re.fullmatch(re.escape(self._base.path.rstrip("/")) + r"/studies/([Nn][Cc][Tt][0-9]{1,8})", target.path)
        ours = (target.host, target.port) == (self._base.host, self._base.port)
        return canonical_nct_id(found[1]) if found and ours and moved.status in MOVED_FOR_GOOD else None

    def studies_updated_since(
        self, since: date | None, *, page_size: int = 200, token: str | None = None
    ) -> Iterator[Page]:
        """All pages of what the registry posted on or after since, newest first; None crawls the whole scope.

        token resumes at the page that it names, under the same since and scope. crawl() adds the checks that the
        pages make one whole.
        """
        params = {"fields": STUDY_FIELDS, "sort": "LastUpdatePostDate", **self._filter(since)}
        return self._pages(params, page_size, token)

    def crawl(
        self,
        since: date | None,
        *,
        page_size: int = 200,
        token: str | None = None,
        expected: RegistryVersion | None = None,
    ) -> Crawl:
        """The same pages, checked to be one whole. A resumed crawl hands in the version that its token came from."""
        pages = self.studies_updated_since(since, page_size=page_size, token=token)
        return Crawl(self.version, pages, expected=expected)

    def inventory(self) -> Iterator[InventoryRow]:
        """Id, date and status of every study in the scope, duplicates included.

        What it leaves out counts as gone, so it is checked like a crawl: act on the rows once all of them are there.
        """
        params = {"fields": INVENTORY_FIELDS, "sort": "LastUpdatePostDate", **self._filter(None)}
        for page in Crawl(self.version, self._pages(params, LARGEST_PAGE)):
            yield from map(inventory_row, page.studies)

    def studies_by_id(self, ids: Iterable[str]) -> Iterator[RawStudy]:
        """The studies that the registry has under these ids or aliases, whatever the scope, in no order.

        Malformed ids are never sent, as one of them would have the whole batch refused; unknown ids are just absent.
        """
        wanted = iter(dict.fromkeys(nct_id for nct_id in map(canonical_nct_id, ids) if nct_id))
        while batch := list(islice(wanted, IDS_PER_REQUEST)):
            params = {"fields": STUDY_FIELDS, "filter.ids": "|".join(batch)}
            # One more than can come back: an exactly full page would announce an empty one after it.
            for page in self._pages(params, len(batch) + 1):
                yield from page.studies

    def _filter(self, since: date | None) -> Mapping[str, str]:
        clauses = [f"({self._scope})"] if self._scope else []
        if since:
            clauses.append(f"AREA[LastUpdatePostDate]RANGE[{since.isoformat()},MAX]")
        return {"filter.advanced": " AND ".join(clauses)} if clauses else {}

    def _pages(self, params: Mapping[str, str], page_size: int, token: str | None = None) -> Iterator[Page]:
        page_size = max(1, min(page_size, LARGEST_PAGE))
        seen = {token}
        number, allowed = 0, self.limits.pages
        while True:
            page = self._page(params, page_size, token, number + 1)
            number += 1
            if page.total is not None:  # twice the pages needed, as any page may come back empty
                allowed = min(allowed, 2 * (page.total // page_size) + 50)
            yield page
            if page.token is None:
                return
            if page.token in seen:
                raise CrawlBroken("token_loop", f"page {number} leads back to a page already read")
            if number >= allowed:
                raise CrawlBroken("too_many_pages", f"no end after {number} pages")
            seen.add(page.token)
            token = page.token

    def _page(self, params: Mapping[str, str], page_size: int, token: str | None, number: int) -> Page:
        paging = {"pageSize": str(page_size), **({"pageToken": token} if token else {"countTotal": "true"})}
        try:
            shape = self._fetcher.get("/studies", {**params, **paging}, _PageShape, max_bytes=self.limits.page_bytes)
        except (RegistryRequestError, RegistryNotFound) as error:
            if token is None:
                raise
            raise CrawlBroken("token_refused", f"page {number} was refused: {error}") from error
        if shape.nextPageToken is not None and not 0 < len(shape.nextPageToken) <= LONGEST_TOKEN:
            raise RegistryAnswerError("a page token that is empty or far too long")
        return Page(shape.studies, number, None if token else shape.totalCount, shape.nextPageToken)


def _checked_base(base_url: str) -> httpx.URL:
    try:
        base = httpx.URL(base_url.rstrip("/"))
    except httpx.InvalidURL as error:
        raise ValueError(f"the registry's address is no URL: {error}") from error
    if base.scheme not in ("http", "https") or not base.host or base.userinfo or base.query or base.fragment:
        raise ValueError("the registry's address must be http(s), with a host, without user, query or fragment")
    return base
