"""A town, a US ZIP code or a pair of numbers -> a point on earth, offline. Pure but for reading its own data files.

Towns: GeoNames, CC BY 4.0. Nothing that is looked up here is stored.
"""

import gzip
import math
import re
import unicodedata
from bisect import bisect_left
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"
EARTH_KM, MILE_KM = 6371.0, 1.609344
COUNTRIES_OF_MILES = frozenset({"US", "GB", "LR"})
LONGEST = 100
_PAIR = re.compile(r"\s*([-+]?\d{1,3}(?:\.\d{1,9})?)\s*[,;\s]\s*([-+]?\d{1,3}(?:\.\d{1,9})?)\s*")
_ZIP = re.compile(r"(\d{5})(?:-\d{4})?")
_STATE_LIST = (
    "AK=Alaska AL=Alabama AR=Arkansas AZ=Arizona CA=California CO=Colorado CT=Connecticut DC=District of Columbia "
    "DE=Delaware FL=Florida GA=Georgia HI=Hawaii IA=Iowa ID=Idaho IL=Illinois IN=Indiana KS=Kansas KY=Kentucky "
    "LA=Louisiana MA=Massachusetts MD=Maryland ME=Maine MI=Michigan MN=Minnesota MO=Missouri MS=Mississippi MT=Montana "
    "NC=North Carolina ND=North Dakota NE=Nebraska NH=New Hampshire NJ=New Jersey NM=New Mexico NV=Nevada NY=New York "
    "OH=Ohio OK=Oklahoma OR=Oregon PA=Pennsylvania RI=Rhode Island SC=South Carolina SD=South Dakota TN=Tennessee "
    "TX=Texas UT=Utah VA=Virginia VT=Vermont WA=Washington WI=Wisconsin WV=West Virginia WY=Wyoming PR=Puerto Rico"
)
US_STATES = dict(re.findall(r"(\w\w)=(.+?)(?= \w\w=|$)", _STATE_LIST))
_OTHER_COUNTRY_NAMES = {
    "usa": "US", "us": "US", "united states of america": "US", "america": "US", "uk": "GB", "great britain": "GB",
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "holland": "NL",
    "the netherlands": "NL", "korea": "KR", "turkiye": "TR", "czech republic": "CZ", "uae": "AE",
}  # fmt: skip


class BadPlace(ValueError):
    """What was given is a pair of numbers that lies nowhere on earth."""


class Place(NamedTuple):
    """`state` is a US state's abbreviation; `country` an ISO code, "" for a bare pair of numbers."""

    name: str
    state: str
    country: str
    latitude: float
    longitude: float

    @property
    def label(self) -> str:
        where = self.state or (_countries().get(self.country, "") if self.country else "")
        return f"{self.name}, {where}" if where else self.name

    @property
    def uses_miles(self) -> bool:
        return self.country in COUNTRIES_OF_MILES


def find(text: str) -> list[Place]:
    """The places that the text may mean, the likeliest first; none where it is unknown. Raises BadPlace."""
    text = text.strip()[:LONGEST]
    if pair := _PAIR.fullmatch(text):
        return [_point(float(pair[1]), float(pair[2]))]
    if zip_code := _ZIP.fullmatch(text):
        return _by_zip(zip_code[1])
    name, *rest = [part for part in map(folded, text.split(",")) if part] or [""]
    if rest:
        return _named(name, [_region(part) for part in rest])
    return _named(name, []) or _with_region_behind(name)


def haversine_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    (lat1, lon1), (lat2, lon2) = ((math.radians(a), math.radians(b)) for a, b in (one, other))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def box(latitude: float, longitude: float, km: float) -> tuple[float, float, float, float]:
    """South, north, west, east around a point; west > east where the box spans the date line."""
    height = math.degrees(km / EARTH_KM)
    south, north = latitude - height, latitude + height
    if south <= -90 or north >= 90:
        return max(south, -90), min(north, 90), -180, 180
    width = math.degrees(math.asin(min(1.0, math.sin(km / EARTH_KM) / math.cos(math.radians(latitude)))))
    if width >= 180 or km / EARTH_KM >= math.pi / 2:
        return south, north, -180, 180
    return south, north, _turned(longitude - width), _turned(longitude + width)


def _turned(longitude: float) -> float:
    return (longitude + 180) % 360 - 180


def folded(text: str) -> str:
    """How two spellings of a town are compared: no case, accents or marks; `St.` is `saint` nowhere."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    for letter, letters in (("ß", "ss"), ("ø", "o"), ("đ", "d"), ("ł", "l"), ("æ", "ae"), ("œ", "oe"), ("ı", "i")):
        plain = plain.replace(letter, letters)
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"['’`]", "", plain)))


def _point(latitude: float, longitude: float) -> Place:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise BadPlace("Latitude goes from -90 to 90, longitude from -180 to 180.")
    return Place(f"{latitude:.2f}, {longitude:.2f}", "", "", latitude, longitude)


def _by_zip(code: str) -> list[Place]:
    rows = _rows("zips.tsv.gz", code)
    return [Place(f"{row[3]} {code}", row[4], "US", float(row[1]), float(row[2])) for row in rows[:1]]


def _region(part: str) -> str:
    """A folded state or country -> `US-MD` or `FR`; "" where it is neither."""
    if part.upper() in US_STATES:
        return f"US-{part.upper()}"
    return _states().get(part) or _OTHER_COUNTRY_NAMES.get(part) or _country_codes().get(part, "")


def _with_region_behind(name: str) -> list[Place]:
    """`boston ma`, `paris texas`, `london united kingdom`: the last words may name a state or a country."""
    words = name.split()
    for cut in range(1, min(4, len(words))):
        if (region := _region(" ".join(words[-cut:]))) and (found := _named(" ".join(words[:-cut]), [region])):
            return found
    return []


def _named(name: str, regions: list[str]) -> list[Place]:
    if not name or "" in regions:
        return []
    towns = [(Place(row[1], row[2], row[3], float(row[4]), float(row[5])), int(row[6]))
             for row in _rows("towns.tsv.gz", name)]  # fmt: skip
    fitting = [town for town in towns if all(_lies_in(town[0], region) for region in regions)]
    return [place for place, _ in sorted(fitting, key=lambda town: -town[1])][:8]


def _lies_in(place: Place, region: str) -> bool:
    country, _, state = region.partition("-")
    # "GA" is Georgia in the US, and "Georgia" also a country; a two-letter state may be a country's code as well
    return (place.country == country and state in ("", place.state)) or (bool(state) and place.country == state)


def _rows(file: str, key: str) -> list[list[str]]:
    lines, start = _lines(file), f"{key}\t"
    place, rows = bisect_left(lines, start.encode()), []
    while place < len(lines) and lines[place].startswith(start.encode()):
        rows.append(lines[place].decode().split("\t"))
        place += 1
    return rows


@cache
def _lines(file: str) -> list[bytes]:
    """Some 10 MB a process, once somebody looks for a place."""
    return gzip.decompress((DATA / file).read_bytes()).splitlines()


@cache
def _countries() -> dict[str, str]:
    rows = (DATA / "countries.tsv").read_text().splitlines()
    return dict(row.split("\t") for row in rows)


@cache
def _country_codes() -> dict[str, str]:
    return {folded(name): code for code, name in _countries().items()}


@lru_cache(maxsize=1)
def _states() -> dict[str, str]:
    return {folded(name): f"US-{code}" for code, name in US_STATES.items()}
