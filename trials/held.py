"""What a held run would bring, for the person who decides: counts by kind, and some studies in sentences."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from trials import changes, wording
from trials.days import whole_day
from trials.incoming import Incoming
from trials.last_told import last_told
from trials.models import SyncRun, Trial, TrialChange
from trials.packing import unpack

LOOKED_AT = 500
SHOWN = 20
MOST_SENTENCES = 8


@dataclass(frozen=True)
class HeldStudy:
    nct_id: str
    title: str
    is_new: bool
    sentences: list[str]
    more: int


@dataclass(frozen=True)
class Sample:
    """`kinds`: label and number of studies, of the first `looked_at` of `total` that wait."""

    total: int
    looked_at: int
    kinds: list[tuple[str, int]]
    studies: list[HeldStudy]


def sample(run: SyncRun) -> Sample:
    """Every so-many-th study in the order of ids, so that a fault of a few thousand shows its whole width."""
    total = run.staged.count()
    step = max(1, total // LOOKED_AT)
    rows = run.staged.order_by("nct_id").iterator(chunk_size=500)
    items = [Incoming.of(unpack(row.packed)) for row in islice(rows, 0, step * LOOKED_AT, step)]
    kinds: Counter[str] = Counter()
    studies: list[HeldStudy] = []
    for item, found in _changes(items):
        names = [TrialChange.LISTED] if found is None else [change.kind for change in found]
        kinds.update({wording.label(kind) for kind in names})
        if len(studies) < SHOWN:
            studies.append(_shown(item, found))
    return Sample(total, len(items), kinds.most_common(), studies)


def _changes(items: list[Incoming]) -> list[tuple[Incoming, list[changes.Change] | None]]:
    """Each with its changes; None for a study that is new. What would bring no change is left out."""
    trials = Trial.objects.filter(nct_id__in=[item.nct_id for item in items]).select_related("document")
    known = {trial.nct_id: trial for trial in trials}
    told = last_told([trial.pk for trial in known.values()])
    out: list[tuple[Incoming, list[changes.Change] | None]] = []
    for item in items:
        trial = known.get(item.nct_id)
        if trial is None:
            out.append((item, None))
        elif found := changes.detect(told.get(trial.pk, trial.record), item.record):
            out.append((item, found))
    return out


def _shown(item: Incoming, found: list[changes.Change] | None) -> HeldStudy:
    record = item.record
    title = record.brief_title or record.nct_id
    if found is None:
        posted = whole_day(record.first_posted)
        return HeldStudy(record.nct_id, title, True, [f"New; first posted {posted or 'on an unknown day'}."], 0)
    sentences = [wording.sentence(change) for change in found]
    return HeldStudy(record.nct_id, title, False, sentences[:MOST_SENTENCES], max(0, len(sentences) - MOST_SENTENCES))
