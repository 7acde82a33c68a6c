"""The GET parameters of a list -> what a visitor asked, in one canonical form, and what could not be understood. Pure
but for the gazetteer.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.utils.text import slugify

from trials import places
from trials.places import MILE_KM, BadPlace, Place
from trials.search.terms import mark
from trials.vocabulary import PHASE, STATUS, STUDY_TYPE

PER_PAGE = 20
MOST = 1000
"""So many trials can be paged through; whoever has more is better served by another filter."""
LONGEST_QUESTION = 500
DEFAULT_KM, FARTHEST_KM = 100.0, 5000.0
SORTS = {"relevance": "Best match", "near": "Nearest first", "new": "Newest first", "updated": "Last updated first"}
YES = ("healthy", "results", "summary")
"""Filters that are on or off."""
_NCT_ID = re.compile(r"\s*nct[ -]?0*(\d{1,8})\s*", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_DISTANCE = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*(km|mi|miles?)?", re.IGNORECASE)

_COUNTRY_ALIASES = {
    "usa": "united-states",
    "us": "united-states",
    "united-states-of-america": "united-states",
    "uk": "united-kingdom",
    "great-britain": "united-kingdom",
    "turkey": "turkey-turkiye",
    "turkiye": "turkey-turkiye",
    "holland": "netherlands",
}


@dataclass(frozen=True)
class Asked:
    """Empty strings and None ask nothing. `near` is as typed; `place` what it was taken for."""

    q: str = ""
    condition: str = ""
    status: str = "open"
    phase: str = ""
    type: str = ""
    country: str = ""
    state: str = ""
    near: str = ""
    place: Place | None = None
    other_places: tuple[Place, ...] = ()
    km: float = 0.0
    in_miles: bool = False
    age: int | None = None
    sex: str = ""
    healthy: str = ""
    results: str = ""
    summary: str = ""
    sort: str = "relevance"
    page: int = 1
    problems: tuple[str, ...] = ()

    @property
    def within(self) -> str:
        amount = self.km / MILE_KM if self.in_miles else self.km
        return f"{amount:g}{'mi' if self.in_miles else 'km'}" if self.near else ""

    def parameters(self) -> dict[str, str]:
        """The canonical order, without what is the default."""
        pairs = {name: str(getattr(self, name) or "") for name in _ORDER}
        pairs["age"] = "" if self.age is None else str(self.age)
        default_sort = "near" if self.near else "relevance"
        quiet = {"status": "open", "sort": default_sort, "page": "1"}
        return {name: value for name, value in pairs.items() if value and value != quiet.get(name)}

    def address(self, **changes: str | int) -> str:
        """The address of this list with some of it changed; back on page 1 unless the page is what changes."""
        parameters = {**self.parameters(), **{name: str(value) for name, value in changes.items()}}
        if "page" not in changes:
            parameters.pop("page", None)
        if not parameters.get("near"):
            parameters = {name: value for name, value in parameters.items()
                          if name != "within" and (name, value) != ("sort", "near")}  # fmt: skip
        if "country" in changes and not changes["country"]:
            parameters.pop("state", None)
        query = urlencode({name: parameters[name] for name in _ORDER if parameters.get(name)})
        return f"/trials/?{query}" if query else "/trials/"

    @property
    def is_filtered(self) -> bool:
        return bool(self.parameters())

    def without(self, name: str) -> "Asked":
        """As asked, but for one filter."""
        gone: dict[str, object] = {"status": "any"} if name == "status" else {name: ""}
        more: dict[str, dict[str, object]] = {
            "near": {"near": "", "place": None, "sort": "relevance"},
            "age": {"age": None},
            "country": {"country": "", "state": ""},
        }
        gone |= more.get(name, {})
        return replace(self, **gone)  # type: ignore[arg-type]


_ORDER = ("q", "condition", "status", "phase", "type", "country", "state", "near", "within", "age", "sex", *YES, "sort",
          "page")  # fmt: skip


def nct_id_in(q: str) -> str:
    """`nct7103668` -> `NCT07103668`; "" where the question is something else."""
    match = _NCT_ID.fullmatch(q[:40])
    return f"NCT{int(match[1]):08d}" if match else ""


def understood(params: Mapping[str, str]) -> Asked:
    reader = _Reader(params)
    asked = Asked(
        q=reader.question(),
        condition=reader.one("condition", lambda v: v if re.fullmatch(r"[a-z0-9-]{1,120}", v) else ""),
        status=reader.one("status", _known(["open", "any", *STATUS])) or "open",
        phase=reader.one("phase", _known(PHASE)),
        type=reader.one("type", _known(STUDY_TYPE)),
        country=reader.one("country", _country),
        state=reader.one("state", slugify),
        age=reader.age(),
        sex=reader.one("sex", lambda v: v if v in ("female", "male") else ""),
        sort=reader.one("sort", lambda v: v if v in SORTS else ""),
        page=reader.page(),
        healthy=reader.one("healthy", _yes),
        results=reader.one("results", _yes),
        summary=reader.one("summary", _yes),
    )
    asked = replace(asked, **reader.nearness())  # type: ignore[arg-type]
    sort = asked.sort or ("near" if asked.near else "relevance")
    return replace(
        asked, sort="relevance" if sort == "near" and not asked.place else sort, problems=tuple(reader.problems)
    )


def _known(values: object) -> Callable[[str], str]:
    known = {mark(value): mark(value) for value in values}  # type: ignore[attr-defined]
    return lambda value: known.get(value.lower().replace("_", "-"), "")


def _yes(value: str) -> str:
    return "yes" if value.lower() in ("yes", "on", "1", "true") else ""


def _country(value: str) -> str:
    slug = slugify(value)
    return _COUNTRY_ALIASES.get(slug, slug)


_NAMES = {"type": "kind of study", "near": "place", "within": "distance", "sort": "order", "page": "page number"}


class _Reader:
    """Takes one parameter after the other and notes those that make no sense."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self.params = params
        self.problems: list[str] = []

    def text(self, name: str, longest: int = 120) -> str:
        raw = self.params.get(name, "")
        text = " ".join(_CONTROL.sub(" ", raw[: longest + 100]).split())
        if len(text) > longest:
            self.wrong(name)
            return ""
        return text

    def wrong(self, name: str, why: str = "") -> None:
        self.problems.append(
            why or f"We do not know this {_NAMES.get(name, name)}: “{self.params.get(name, '')[:60]}”."
        )

    def question(self) -> str:
        if len(self.params.get("q", "")) > LONGEST_QUESTION:
            self.wrong("q", f"Your question is too long. Use up to {LONGEST_QUESTION} characters.")
            return ""
        return self.text("q", LONGEST_QUESTION)

    def one(self, name: str, read: Callable[[str], str]) -> str:
        text = self.text(name)
        if not text or (name == "sex" and text == "all"):
            return ""
        if not (value := read(text)):
            self.wrong(name)
        return value

    def age(self) -> int | None:
        text = self.text("age")
        if not text:
            return None
        if not re.fullmatch(r"\d{1,3}", text) or int(text) > 120:
            self.wrong("age", "Give the age in whole years, from 0 to 120.")
            return None
        return int(text)

    def page(self) -> int:
        text = self.text("page")
        if not text:
            return 1
        if not re.fullmatch(r"\d{1,12}", text) or int(text) < 1:
            self.wrong("page")
            return 1
        return int(text)

    def nearness(self) -> dict[str, object]:
        near = self.text("near", places.LONGEST)
        distance = self.text("within", 12)
        if not near:
            if distance and not _km(distance)[0]:
                self.wrong("within")
            return {}
        try:
            found = places.find(near)
        except BadPlace as error:
            self.wrong("near", str(error))
            return {}
        km, in_miles = _km(distance) if distance else (0.0, False)
        if distance and not km:
            self.wrong("within", f"Give the distance as a number up to {FARTHEST_KM:.0f} km, such as 50 km or 30 mi.")
        place = found[0] if found else None
        if not distance and place and place.uses_miles:
            km, in_miles = 60 * MILE_KM, True
        return {"near": near, "place": place, "other_places": tuple(found[1:4]), "km": km or DEFAULT_KM,
                "in_miles": in_miles}  # fmt: skip


def _km(text: str) -> tuple[float, bool]:
    """(kilometres, given in miles); (0, False) for what is no distance."""
    match = _DISTANCE.fullmatch(text)
    if not match:
        return 0.0, False
    in_miles = (match[2] or "km").lower().startswith("mi")
    km = float(match[1]) * (MILE_KM if in_miles else 1)
    return (km, in_miles) if 0 < km <= FARTHEST_KM and math.isfinite(km) else (0.0, False)
