"""What the records teach about conditions: other names of a heading, and what lies above it. Once a day.

A study with one registrant's term and one MeSH heading says that the two mean the same. Said often and seldom denied,
the term becomes a learned name: it widens a search at once, and waits for an editor's word to count as a name.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction

from trials import broader, generation
from trials.batches import batches
from trials.conditions import condition_key
from trials.models import Condition, TermEvidence, Trial, TrialDocument
from trials.records import TrialRecord

LEAST_TIMES = 3
LEAST_SHARE = 0.8
"""A pair is learned when it was seen so often, and in so many of the studies with its term."""

_DUE = """
    SELECT trial.id FROM trials_trial trial LEFT JOIN trials_termevidence seen ON seen.trial_id = trial.id
    WHERE trial.gone_at IS NULL AND (seen.trial_id IS NULL OR seen.content_hash <> trial.content_hash)
    ORDER BY trial.id
"""
_PAIRS = """
    CREATE TEMPORARY TABLE learned_pairs AS
    WITH said AS (
        SELECT term.id AS term, term.key, term.name, coalesce(heading.merged_into_id, heading.id) AS heading
        FROM trials_termevidence evidence
        JOIN trials_trial trial ON trial.id = evidence.trial_id AND trial.gone_at IS NULL
        JOIN trials_condition term ON term.id = evidence.term
        JOIN trials_condition heading ON heading.id = evidence.heading
        WHERE term.mesh_id = '' AND NOT term.is_hidden AND term.merged_into_id IS NULL
    ), counted AS (
        SELECT term, key, name, heading, count(*) AS alike, sum(count(*)) OVER (PARTITION BY term) AS seen
        FROM said GROUP BY term, key, name, heading
    )
    SELECT counted.* FROM counted JOIN trials_condition c ON c.id = heading
    WHERE alike >= %(times)s AND alike >= seen * %(share)s::float8 AND NOT c.is_hidden AND c.merged_into_id IS NULL
    AND counted.term <> heading AND NOT EXISTS (
        SELECT 1 FROM trials_conditionname name WHERE name.key = counted.key AND name.source <> 'learned')
"""
_FORGET = """
    DELETE FROM trials_conditionname name WHERE source = 'learned' AND refused_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM learned_pairs WHERE heading = name.condition_id AND learned_pairs.key = name.key)
"""
_KEEP = """
    INSERT INTO trials_conditionname (condition_id, name, key, source, seen, alike)
    SELECT heading, name, key, 'learned', seen, alike FROM learned_pairs
    ON CONFLICT (condition_id, key) DO UPDATE SET seen = excluded.seen, alike = excluded.alike
    WHERE trials_conditionname.source = 'learned'
"""


class Learned(NamedTuple):
    studies: int
    names: int
    links: int


def learn() -> Learned:
    """Looks at the studies that came or changed since the last time; then judges all evidence anew."""
    studies = 0
    for ids in batches(_due()):
        _look_at(ids)
        studies += len(ids)
    learned = Learned(studies, _keep_names(), broader.keep_mesh())
    generation.move()
    return learned


def _due() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def _look_at(trial_ids: list[int]) -> None:
    hashes = dict(Trial.objects.filter(id__in=trial_ids).values_list("id", "content_hash"))
    documents = TrialDocument.objects.filter(trial_id__in=trial_ids)
    records = {document.trial_id: document.record for document in documents}
    ids = _numbers(records.values())
    rows = [_evidence(trial_id, bytes(hashes[trial_id]), record, ids) for trial_id, record in records.items()]
    TermEvidence.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["content_hash", "term", "heading"], unique_fields=["trial"]
    )
    _note_above(records.values(), ids)


def _numbers(records: Iterable[TrialRecord]) -> dict[str, int]:
    keys = {condition_key(term) for record in records for term in _terms(record)}
    return dict(Condition.objects.filter(key__in=keys).values_list("key", "id"))


def _terms(record: TrialRecord) -> list[str]:
    """Only of a study with one heading: the others teach nothing."""
    if len(record.condition_meshes) != 1:
        return []
    ancestors = [mesh.term for mesh in record.condition_ancestors]
    return [record.condition_meshes[0].term, *ancestors, *(record.conditions if len(record.conditions) == 1 else ())]


def _evidence(trial_id: int, content_hash: bytes, record: TrialRecord, ids: dict[str, int]) -> TermEvidence:
    term = heading = 0
    if len(record.condition_meshes) == len(record.conditions) == 1:
        term = ids.get(condition_key(record.conditions[0]), 0)
        heading = ids.get(condition_key(record.condition_meshes[0].term), 0)
    if term == heading:
        term = heading = 0
    return TermEvidence(trial_id=trial_id, content_hash=content_hash, term=term, heading=heading)


def _note_above(records: Iterable[TrialRecord], ids: dict[str, int]) -> None:
    """The newest record that was looked at tells what MeSH has above its heading."""
    told: dict[int, list[int]] = {}
    for record in records:
        if len(record.condition_meshes) == 1 and (heading := ids.get(condition_key(record.condition_meshes[0].term))):
            keys = [condition_key(mesh.term) for mesh in record.condition_ancestors]
            told[heading] = sorted({ids[key] for key in keys if key in ids})
    rows = Condition.objects.filter(id__in=told).only("id", "mesh_above")
    moved = [row for row in rows if row.mesh_above != told[row.pk]]
    for row in moved:
        row.mesh_above = told[row.pk]
    Condition.objects.bulk_update(moved, ["mesh_above"], batch_size=500)


@transaction.atomic
def _keep_names() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"times": LEAST_TIMES, "share": LEAST_SHARE})
        cursor.execute(_FORGET)
        cursor.execute(_KEEP)
        kept = int(cursor.rowcount)
        cursor.execute("DROP TABLE learned_pairs")
        return kept
