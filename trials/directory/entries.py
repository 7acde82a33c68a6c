"""Names in records -> rows of the directory, made where they are new. A merged row stands for the one that is left."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from django.utils.text import slugify

from trials.directory.keys import is_no_treatment, site_name, treatment_name
from trials.directory.links import recount_towns
from trials.masking import masked
from trials.models import Site, Town, Treatment
from trials.text import unescape

Point = Sequence[float | None]


@dataclass
class TreatmentNamed:
    names: Counter[str] = field(default_factory=Counter)

    def note(self, name: str) -> None:
        self.names[name] += 1

    @property
    def name(self) -> str:
        return _shown(treatment_name(_best(self.names)))


@dataclass
class SiteNamed:
    city: str
    country: str
    names: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    point: Point = (None, None)

    def note(self, facility: str, state: str, point: Point) -> None:
        self.names[facility] += 1
        if state:
            self.states[state] += 1
        if None not in point:
            self.point = point

    @property
    def name(self) -> str:
        return _shown(site_name(_best(self.names)))

    @property
    def state(self) -> str:
        return max(self.states, key=lambda state: (self.states[state], state), default="")

    @property
    def town(self) -> str:
        return town_slug(self.country, self.state, self.city)


def _best(names: Counter[str]) -> str:
    """The commonest spelling; of two, one that is neither shouted nor all small."""
    return max(names, key=lambda name: (not (name.isupper() or name.islower()), names[name], name))


def _shown(name: str) -> str:
    return masked(unescape(name))[:300]


def treatment_ids(named: Mapping[str, TreatmentNamed]) -> dict[str, int]:
    """Key -> id of the treatment whose page it is."""
    known = _known(Treatment, named)
    if missing := [key for key in named if key not in known]:
        taken = _taken(Treatment, [slugify(named[key].name)[:90] for key in missing])
        rows = []
        for key in missing:
            name = named[key].name
            rows.append(Treatment(key=key, name=name, slug=slug_of(name, key, taken, "treatment"),
                                  is_hidden=is_no_treatment(name)))  # fmt: skip
        Treatment.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
        known = _known(Treatment, named)
    return known


def site_ids(named: Mapping[str, SiteNamed]) -> dict[str, int]:
    known = _known(Site, named)
    towns = _town_ids(named)
    if missing := [key for key in named if key not in known]:
        taken = _taken(Site, [slugify(f"{named[key].name} {named[key].city}")[:90] for key in missing])
        rows = []
        for key in missing:
            site = named[key]
            rows.append(Site(key=key, name=site.name, town_id=towns[site.town], latitude=site.point[0],
                             longitude=site.point[1],
                             slug=slug_of(f"{site.name} {site.city}", key, taken, "site")))  # fmt: skip
        Site.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
        known = _known(Site, named)
    _give_states(named, towns)
    return known


def _known(model: type[Treatment] | type[Site], keys: Mapping[str, object]) -> dict[str, int]:
    rows = model._default_manager.filter(key__in=list(keys)).values_list("key", "id", "merged_into_id")
    return {key: merged or id_ for key, id_, merged in rows}


def _taken(model: type[Treatment] | type[Site], slugs: list[str]) -> set[str]:
    return set(model._default_manager.filter(slug__in=slugs).values_list("slug", flat=True))


def slug_of(name: str, key: str, taken: set[str], fallback: str) -> str:
    """Of two names whose words slugify alike, the second gets a mark of its key; so does one without Latin letters."""
    words = slugify(name)[:90].strip("-")
    if not words or words in taken:
        words = f"{words or fallback}-{_mark(key)}"
    taken.add(words)
    return words


def _mark(text: str) -> str:
    return blake2b(text.encode(), digest_size=5).hexdigest()


def town_slug(country: str, state: str, city: str) -> str:
    """`united-states/minnesota/rochester`; `-` for a part that the record does not give."""
    return "/".join(_part(text) for text in (country, state, city))


def _part(text: str) -> str:
    if not text:
        return "-"
    return slugify(text)[:90].strip("-") or f"x-{_mark(text.casefold())}"


def _town_ids(named: Mapping[str, SiteNamed]) -> dict[str, int]:
    wanted = {site.town: site for site in named.values()}
    found = dict(Town.objects.filter(slug__in=list(wanted)).values_list("slug", "id"))
    if missing := [slug for slug in wanted if slug not in found]:
        rows = [Town(slug=slug, country=wanted[slug].country[:60], state=wanted[slug].state[:120],
                     city=wanted[slug].city[:200]) for slug in missing]  # fmt: skip
        Town.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
        found = dict(Town.objects.filter(slug__in=list(wanted)).values_list("slug", "id"))
    return found


def _give_states(named: Mapping[str, SiteNamed], towns: Mapping[str, int]) -> None:
    """Some records leave the state out: a site that was first met without one moves when another record gives it."""
    with_state = [key for key, site in named.items() if site.state]
    moved: set[int] = set()
    for row in Site.objects.filter(key__in=with_state, town__state="").only("key", "town_id"):
        Site.objects.filter(pk=row.pk).update(town=towns[named[row.key].town])
        moved |= {row.town_id, towns[named[row.key].town]}
    recount_towns(moved)
