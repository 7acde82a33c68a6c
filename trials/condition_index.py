"""Registrant's terms and MeSH -> the Conditions of a trial, kept in memory for the length of a run."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from django.db.models import Count, Q
from django.utils.text import slugify

from trials import lay_names
from trials.conditions import condition_key, everyday
from trials.models import Condition, ConditionName, Trial
from trials.records import MeshTerm

LONGEST_TERM = 120
"""Longer "conditions" are sentences; they stay in the registrant's own list and become no chip."""

NOT_A_CONDITION = frozenset(
    condition_key(term)
    for term in (
        "Recurrence", "Disease", "Syndrome", "Healthy", "Healthy Volunteers", "Healthy Subjects",
        "Healthy Participants", "Acute Disease", "Chronic Disease", "Disease Progression", "Disease Attributes",
        "Pathologic Processes", "Rare Diseases", "Critical Illness", "Other", "None", "N/A",
    )
)  # fmt: skip
"""Terms that name no condition: made hidden. Editors may show one again."""


COVERING = (ConditionName.Source.EDITOR, ConditionName.Source.MESH)


_key = lru_cache(maxsize=100_000)(condition_key)
"""The same few terms come back in every other record; a key costs as much as parsing a site."""


class NamesConditions(Protocol):
    """A record, or what was made ready of one."""

    @property
    def conditions(self) -> tuple[str, ...]: ...
    @property
    def condition_meshes(self) -> tuple[MeshTerm, ...]: ...
    @property
    def condition_ancestors(self) -> tuple[MeshTerm, ...]: ...


class ConditionIndex:
    """Finds, and where needed makes, the Conditions of records. `learn` first; the rest then asks no database."""

    def __init__(self) -> None:
        self._by_key: dict[str, int] = {}
        self._hidden: set[int] = set()
        self._without_mesh: dict[str, int] = {}
        self.touched: set[int] = set()

    def learn(self, records: Iterable[NamesConditions]) -> None:
        """Makes every term of these records known, in at most a few statements."""
        terms: dict[str, tuple[str, str]] = {}
        for record in records:
            for mesh in (*record.condition_meshes, *record.condition_ancestors):
                terms[_key(mesh.term)] = (mesh.term, mesh.id)
            for term in record.conditions:
                if len(term) <= LONGEST_TERM:
                    terms.setdefault(_key(term), (term, ""))
        terms.pop("", None)
        self._look_up(key for key in terms if key not in self._by_key)
        for key, (_, mesh_id) in terms.items():
            if mesh_id and (id_ := self._without_mesh.pop(key, None)):
                Condition.objects.filter(id=id_).update(mesh_id=mesh_id[:12])
        missing = {key: term for key, term in terms.items() if key not in self._by_key}
        if missing:
            self._make(missing)

    def chips(self, record: NamesConditions) -> list[int]:
        """MeSH terms first, then the registrant's terms that no chip covers yet; without the hidden ones."""
        keys = [_key(mesh.term) for mesh in record.condition_meshes]
        keys += [_key(term) for term in record.conditions]
        ids = dict.fromkeys(self._by_key[key] for key in keys if key in self._by_key)
        chips = [id_ for id_ in ids if id_ not in self._hidden]
        self.touched.update(chips)
        return chips

    def broad(self, record: NamesConditions) -> set[int]:
        """All that the record names, hidden ones too, and the conditions above: a search for cancer finds leukemia."""
        meshes = (*record.condition_meshes, *record.condition_ancestors)
        keys = [_key(term) for term in (*(mesh.term for mesh in meshes), *record.conditions)]
        return {self._by_key[key] for key in keys if key in self._by_key}

    def subscription_condition(self, record: NamesConditions) -> int | None:
        """The Condition of the registrant's first term that is one; else the first chip."""
        for term in record.conditions:
            id_ = self._by_key.get(_key(term))
            if id_ is not None and id_ not in self._hidden:
                return id_
        chips = self.chips(record)
        return chips[0] if chips else None

    def touch(self, condition_ids: Iterable[int]) -> None:
        """Notes conditions that lost a trial, so that their counts are made anew."""
        self.touched.update(condition_ids)

    def _look_up(self, keys: Iterable[str]) -> None:
        wanted = list(keys)
        if not wanted:
            return
        by_name = ConditionName.objects.filter(key__in=wanted, source__in=COVERING)
        targets = dict(by_name.values_list("key", "condition_id"))
        rows = Condition.objects.filter(Q(key__in=wanted) | Q(id__in=set(targets.values())))
        ids: dict[int, int] = {}
        columns = ("id", "key", "is_hidden", "merged_into_id", "mesh_id")
        for id_, key, hidden, merged, mesh_id in rows.values_list(*columns):
            ids[id_] = merged or id_
            self._by_key[key] = merged or id_
            if hidden and not merged:
                self._hidden.add(id_)
            if not mesh_id:
                self._without_mesh[key] = id_
        for key, id_ in targets.items():
            self._by_key[key] = ids[id_]

    def _make(self, missing: dict[str, tuple[str, str]]) -> None:
        slugs = {_slug(everyday(term)) for term, _ in missing.values()}
        taken = set(Condition.objects.filter(slug__in=slugs).values_list("slug", flat=True))
        rows = []
        for key, (term, mesh_id) in missing.items():
            slug = _slug(everyday(term))
            if slug in taken:
                slug = _slug(everyday(term), mark=key)
            taken.add(slug)
            rows.append(Condition(name=everyday(term)[:300], slug=slug, key=key[:300], mesh_id=mesh_id[:12],
                                  is_hidden=key in NOT_A_CONDITION))  # fmt: skip
        Condition.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        lay_names.give(missing)
        self._look_up(missing)


def _slug(name: str, mark: str = "") -> str:
    """The address of a condition; `mark` sets two apart whose words slugify alike."""
    words = slugify(name)[:100].strip("-")
    if words and not mark:
        return words
    return f"{words or 'condition'}-{blake2b((mark or name).encode(), digest_size=4).hexdigest()}"


def recount(condition_ids: Iterable[int] | None = None) -> None:
    """Trials and open trials of these conditions (all where None), as shown beside them."""
    chosen = Condition.objects.all() if condition_ids is None else Condition.objects.filter(id__in=list(condition_ids))
    counted = chosen.annotate(
        all_now=Count("trials", filter=Q(trials__gone_at=None)),
        open_now=Count("trials", filter=Q(trials__gone_at=None, trials__status__in=Trial.OPEN_STATUSES)),
    )
    moved = []
    for condition in counted.only("id", "trial_count", "open_count").iterator(chunk_size=5000):
        if (condition.trial_count, condition.open_count) != (condition.all_now, condition.open_now):
            condition.trial_count = condition.all_now
            condition.open_count = condition.open_now
            moved.append(condition)
    Condition.objects.bulk_update(moved, ["trial_count", "open_count"], batch_size=1000)
