"""GET /studies: what its parameters ask for, which studies that is, and one page of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from config.sample_registry import essie
from config.sample_registry.pieces import DATES, NUMBERS, PIECES, Path, known_names, values_at
from config.sample_registry.world import Study, aliases, nct_id

_SUPPORTED = {
    "format", "markupFormat", "query.cond", "query.term", "query.titles", "query.id", "filter.overallStatus",
    "filter.ids", "filter.advanced", "postFilter.overallStatus", "postFilter.ids", "postFilter.advanced", "fields",
    "sort", "countTotal", "pageSize", "pageToken",
}  # fmt: skip
_MAY_DIFFER_BETWEEN_PAGES = {"countTotal", "pageSize", "pageToken"}
# At the end of a token: the page before was served again in its place. Only a misbehaving registry makes these.
REPEATED = "."
_ID = re.compile(r"[Nn][Cc][Tt]0*[1-9]\d{0,7}")
STATUSES = {
    "ACTIVE_NOT_RECRUITING", "COMPLETED", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING", "RECRUITING",
    "SUSPENDED", "TERMINATED", "WITHDRAWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING", "WITHHELD", "UNKNOWN",
}  # fmt: skip


class BadRequest(ValueError):
    """Answered with 400 and this text."""


@dataclass(frozen=True)
class Page:
    studies: list[Study]
    next_token: str | None
    total: int


def canonical_id(text: str) -> str:
    """`nct103668` -> `NCT00103668`; a BadRequest where that is no NCT ID."""
    if not _ID.fullmatch(text):
        raise BadRequest(f"{text} is not a valid NCT number")
    return f"NCT{int(text[3:]):08d}"


def matching(studies: list[Study], params: dict[str, str]) -> list[Study]:
    """The studies asked for, in the registry's order: none in particular unless `sort` says."""
    _check_names(params)
    # A stable order that is not by id, since the registry does not sort by default.
    found = sorted(studies, key=lambda study: hashlib.sha256(nct_id(study).encode()).digest())
    queries = [value for name, value in params.items() if name.startswith("query.") and value.strip()]
    by_ids = next((query for query in queries if all(_ID.fullmatch(part) for part in _split(query, r"[,\s]+"))), None)
    if by_ids:  # The registry then ignores every filter.
        return _sorted(_with_ids(found, _split(by_ids, r"[,\s]+")), params.get("sort", ""))
    for query in queries:
        found = _by_essie(found, query)
    for prefix in ("filter", "postFilter"):
        found = _filtered(found, params, prefix)
    return _sorted(found, params.get("sort", ""))


def page(found: list[Study], params: dict[str, str], data_version: str, *, skip: int = 0) -> Page:
    """One page. `skip` moves its place in the list, which only a misbehaving registry does."""
    size = page_size(params)
    offset = max(0, offset_of(params, data_version) + skip)
    part = found[offset : offset + size]
    # A page filled to the brim gets a token, even where nothing follows: an exact multiple ends with an empty page.
    next_token = token(offset + size, params, data_version) if len(part) == size else None
    return Page(part, next_token, len(found))


def page_size(params: dict[str, str]) -> int:
    text = params.get("pageSize", "0")
    if not text.isdecimal():
        raise BadRequest(f"`pageSize` has incorrect value: {text}")
    return min(int(text), 1000) or 10


def field_paths(studies: list[Study], params: dict[str, str]) -> list[Path]:
    """Paths of the parts that `fields` names; none means the whole study."""
    if "fields" not in params:
        return []
    known = known_names(studies)
    names = _split(params["fields"])
    if not names:
        raise BadRequest("`fields` is empty")
    for name in names:
        if name not in known:
            raise BadRequest(f"`fields` has unknown field: {name}")
    return [known[name] for name in names]


def _check_names(params: dict[str, str]) -> None:
    for name in params:
        if name not in _SUPPORTED:
            raise BadRequest(f"`{name}` is unknown parameter")
    for name, allowed in (("format", "json"), ("markupFormat", "markdown")):
        if params.get(name, allowed) != allowed:
            raise BadRequest(f"`{name}` can only be {allowed} in the sample registry")
    if params.get("countTotal", "false") not in ("true", "false"):
        raise BadRequest("`countTotal` must be true or false")


def _split(value: str, separators: str = r"[,|]") -> list[str]:
    return [part.strip() for part in re.split(separators, value) if part.strip()]


def _filtered(found: list[Study], params: dict[str, str], prefix: str) -> list[Study]:
    if f"{prefix}.ids" in params:
        found = _with_ids(found, _split(params[f"{prefix}.ids"]))
    if f"{prefix}.overallStatus" in params:
        wanted = _split(params[f"{prefix}.overallStatus"])
        if unknown := [status for status in wanted if status not in STATUSES]:
            raise BadRequest(f"`{prefix}.overallStatus` has incorrect value: {unknown[0]}")
        found = [study for study in found if set(values_at(study, PIECES["OverallStatus"])) & set(wanted)]
    if params.get(f"{prefix}.advanced", "").strip():
        found = _by_essie(found, params[f"{prefix}.advanced"])
    return found


def _by_essie(found: list[Study], expression: str) -> list[Study]:
    try:
        test = essie.parse(expression)
    except essie.EssieError as error:
        raise BadRequest(f"Invalid expression: {error}") from error
    return [study for study in found if test(study)]


def _with_ids(found: list[Study], ids: list[str]) -> list[Study]:
    wanted = {canonical_id(text) for text in ids}
    return [study for study in found if wanted & {nct_id(study), *aliases(study)}]


def _sorted(found: list[Study], sort: str) -> list[Study]:
    keys = _split(sort)
    if len(keys) > 2:
        raise BadRequest("`sort` has more than 2 items")
    for key in reversed(keys):
        name, _, direction = key.partition(":")
        if name == "@relevance":
            continue
        if name not in DATES | NUMBERS or direction not in ("", "asc", "desc"):
            raise BadRequest(f"`sort` has incorrect value: {key}")
        backwards = direction == "desc" or (not direction and name in DATES)
        found = _in_order(found, PIECES[name], backwards=backwards)
    return found


def _in_order(found: list[Study], path: Path, *, backwards: bool) -> list[Study]:
    """Studies without the value come last in either direction."""
    keyed = [(values[0], study) for study in found if (values := values_at(study, path))]
    ordered = [study for _, study in sorted(keyed, key=lambda pair: pair[0], reverse=backwards)]
    return ordered + [study for study in found if not values_at(study, path)]


def token(offset: int, params: dict[str, str], data_version: str) -> str:
    text = json.dumps([offset, _fingerprint(params, data_version)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def offset_of(params: dict[str, str], data_version: str) -> int:
    """Where the page begins. The token is good for the parameters and the data version that it was made for."""
    sent = params.get("pageToken", "").rstrip(REPEATED)
    if "pageToken" not in params:
        return 0
    try:
        offset, fingerprint = json.loads(base64.urlsafe_b64decode(sent + "=" * (-len(sent) % 4)))
    except (ValueError, TypeError):
        raise BadRequest("`pageToken` is invalid") from None
    if fingerprint != _fingerprint(params, data_version):
        raise BadRequest("`pageToken` is invalid or expired")
    return int(offset)


def _fingerprint(params: dict[str, str], data_version: str) -> str:
    same: Any = sorted((name, value) for name, value in params.items() if name not in _MAY_DIFFER_BETWEEN_PAGES)
    return hashlib.sha256(json.dumps([data_version, same]).encode()).hexdigest()[:16]
