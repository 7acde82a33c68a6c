"""What a visitor asked -> the trials that fit, a page at a time."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import F, Q

from trials import vocabulary
from trials.models import Trial
from trials.models.trials import TrialQuerySet

PER_PAGE = 20
_NCT_ID = re.compile(r"\s*(nct\d{8})\s*", re.IGNORECASE)
_CLEAN = re.compile(r"[\x00-\x1f\x7f]")
SORTS = {"relevance": "Best match", "new": "Newest first", "updated": "Last updated first"}


class Results(NamedTuple):
    """`asked` holds what was understood of the question, `ignored` the names of what was not."""

    page: Page[Trial]
    total: int
    asked: dict[str, str]
    ignored: list[str]


def nct_id_in(q: str) -> str:
    match = _NCT_ID.fullmatch(q)
    return match[1].upper() if match else ""


def find(params: Mapping[str, str]) -> Results:
    asked, ignored = understood(params)
    rows = Trial.objects.listed().select_related("plain_summary")
    rows = _by_status(rows, asked["status"])
    for name in ("q", "condition", "phase", "type", "country", "state", "sex", "age"):
        if name in asked:
            rows = _FILTERS[name](rows, asked[name])
    rows = _sorted(rows.distinct(), asked["sort"])
    paginator = Paginator(rows, PER_PAGE)
    try:
        page = paginator.page(_page_number(params.get("page", "1")))
    except EmptyPage:
        page = paginator.page(paginator.num_pages)
    return Results(page, paginator.count, asked, ignored)


def understood(params: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    asked, ignored = {"status": "open", "sort": "relevance"}, []
    for name, check in _CHECKS.items():
        value = _CLEAN.sub("", params.get(name, "")).strip()[:300]
        if not value:
            continue
        if check(value):
            asked[name] = value
        else:
            ignored.append(name)
    return asked, ignored


def _one_of(values: Iterable[str]) -> "re.Pattern[str]":
    return re.compile("|".join(value.lower().replace("_", "-") for value in values))


_STATUS, _PHASE, _TYPE = (_one_of(t) for t in (vocabulary.STATUS, vocabulary.PHASE, vocabulary.STUDY_TYPE))
_CHECKS = {
    "q": lambda value: bool(value),
    "condition": lambda value: bool(re.fullmatch(r"[a-z0-9-]{1,120}", value)),
    "status": lambda value: value in ("open", "any") or bool(_STATUS.fullmatch(value)),
    "phase": lambda value: bool(_PHASE.fullmatch(value)),
    "type": lambda value: bool(_TYPE.fullmatch(value)),
    "country": lambda value: len(value) < 80,
    "state": lambda value: len(value) < 80,
    "sex": lambda value: value in ("female", "male", "all"),
    "age": lambda value: bool(re.fullmatch(r"\d{1,3}", value)),
    "sort": lambda value: value in SORTS,
}


def _enum(value: str) -> str:
    return value.upper().replace("-", "_")


def _by_status(rows: TrialQuerySet, status: str) -> TrialQuerySet:
    if status == "any":
        return rows
    return rows.filter(status__in=Trial.OPEN_STATUSES) if status == "open" else rows.filter(status=_enum(status))


def _words(rows: TrialQuerySet, q: str) -> TrialQuerySet:
    for word in q.split()[:8]:
        rows = rows.filter(
            Q(brief_title__icontains=word)
            | Q(official_title__icontains=word)
            | Q(conditions__name__icontains=word)
            | Q(conditions__names__name__icontains=word)
            | Q(plain_summary__title__icontains=word)
            | Q(acronym__iexact=word)
            | Q(nct_id=word.upper())
        )
    return rows


def _age(rows: TrialQuerySet, years: str) -> TrialQuerySet:
    days = int(years) * 365.25
    low = Q(minimum_age_days=None) | Q(minimum_age_days__lte=days + 365)
    return rows.filter(low, Q(maximum_age_days=None) | Q(maximum_age_days__gte=days))


_FILTERS = {
    "q": _words,
    "condition": lambda rows, value: rows.filter(conditions__slug=value),
    "phase": lambda rows, value: rows.filter(phases__contains=[_enum(value)]),
    "type": lambda rows, value: rows.filter(study_type=_enum(value)),
    "country": lambda rows, value: rows.filter(countries__contains=[value]),
    "state": lambda rows, value: rows.filter(locations__state__iexact=value),
    "sex": lambda rows, value: rows.filter(sex__in=["ALL", ""] if value == "all" else ["ALL", "", value.upper()]),
    "age": _age,
}


def _sorted(rows: TrialQuerySet, sort: str) -> TrialQuerySet:
    if sort == "updated":
        return rows.order_by("-last_changed_at", "-nct_id")
    return rows.order_by(F("first_posted").desc(nulls_last=True), "-nct_id")


def _page_number(value: str) -> int:
    return int(value) if re.fullmatch(r"[1-9]\d{0,6}", value) else 1
