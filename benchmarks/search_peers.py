"""Two other ways to search the same studies: tantivy, an engine for nothing else, and Django's documented one."""

from pathlib import Path
from typing import Any

import tantivy
from django.db import connection

from trials.records import TrialRecord

FACETS = ("status", "phase", "type", "country")
OPEN = ("RECRUITING", "AVAILABLE")
_COPY = "COPY plain_search (id, status, type, phases, countries, names, rest) FROM STDIN"


def texts(record: TrialRecord) -> tuple[str, str]:
    """(names, the rest): the same fields as ours."""
    names = [record.brief_title, record.official_title, record.acronym, *record.conditions,
             *(mesh.term for mesh in record.condition_meshes), *(i.name for i in record.interventions)]  # fmt: skip
    rest = [*record.keywords, record.lead_sponsor.name if record.lead_sponsor else "", record.brief_summary]
    return " . ".join(names), " . ".join(rest)


class Tantivy:
    """Top 20 by BM25 and counts of four facets, as its own documentation does it."""

    def __init__(self, folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("id", stored=True, indexed=True, fast=True)
        for name in ("names", "rest"):
            builder.add_text_field(name, stored=False, tokenizer_name="en_stem")
        for name in FACETS:
            builder.add_text_field(name, stored=False, tokenizer_name="raw", fast=True)
        folder.mkdir()
        self.index = tantivy.Index(builder.build(), path=str(folder))
        self.writer = self.index.writer(200_000_000, 1)

    def add(self, rows: list[tuple[int, TrialRecord]]) -> None:
        for id_, record in rows:
            names, rest = texts(record)
            document = tantivy.Document(
                names=names, rest=rest, status=record.status, type=record.study_type or "-",
                phase=list(record.phases) or ["-"], country=sorted({site.country for site in record.sites}) or ["-"],
            )  # fmt: skip
            document.add_unsigned("id", id_)
            self.writer.add_document(document)

    def finish(self) -> None:
        self.writer.commit()
        self.index.reload()
        self.searcher = self.index.searcher()

    def search(self, q: str, *, only_open: bool) -> list[int]:
        query = self._query(q, only_open)
        hits = self.searcher.search(query, 20).hits
        self.searcher.aggregate(query, {name: {"terms": {"field": name, "size": 100}} for name in FACETS})
        return [self.searcher.doc(address)["id"][0] for _, address in hits]

    def _query(self, q: str, only_open: bool) -> Any:
        plain = "".join(c if c.isalnum() else " " for c in q)
        words = self.index.parse_query_lenient(plain, ["names", "rest"], conjunction_by_default=True)[0]
        parts = [(tantivy.Occur.Must, words)] if plain.strip() else []
        if only_open:
            schema = self.index.schema
            opened = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "status", value)) for value in OPEN]
            parts.append((tantivy.Occur.Must, tantivy.Query.boolean_query(opened)))
        return tantivy.Query.boolean_query(parts) if parts else tantivy.Query.all_query()


class Plain:
    """A tsvector column with a GIN index, analyzed; `ts_rank` over all matches, a count and the same four facets."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS plain_search")
            cursor.execute("""
                CREATE TABLE plain_search (id bigint PRIMARY KEY, status text, type text, phases text[],
                countries text[], names text, rest text, document tsvector GENERATED ALWAYS AS (
                    setweight(to_tsvector('english', names), 'A') || setweight(to_tsvector('english', rest), 'D')
                ) STORED)
            """)

    def add(self, rows: list[tuple[int, TrialRecord]]) -> None:
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for id_, record in rows:
                countries = sorted({site.country for site in record.sites})
                copy.write_row([id_, record.status, record.study_type, list(record.phases), countries, *texts(record)])

    def finish(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX plain_document ON plain_search USING gin (document)")
            cursor.execute("CREATE INDEX plain_status ON plain_search (status)")
            cursor.execute("VACUUM ANALYZE plain_search")

    def search(self, q: str, *, only_open: bool) -> list[int]:
        where, values = self._where(q, only_open)
        order = "ts_rank(document, plainto_tsquery('english', %s)) DESC" if q else "id DESC"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM plain_search WHERE {where} ORDER BY {order} LIMIT 20", [*values, *([q] if q else [])]
            )
            found = [row[0] for row in cursor.fetchall()]
            cursor.execute(f"SELECT count(*) FROM plain_search WHERE {where}", values)
            for column in ("status", "type", "unnest(phases)", "unnest(countries)"):
                cursor.execute(f"SELECT {column}, count(*) FROM plain_search WHERE {where} GROUP BY 1", values)
                cursor.fetchall()
        return found

    def plan(self, q: str) -> list[str]:
        where, values = self._where(q, True)
        with connection.cursor() as cursor:
            cursor.execute(
                f"EXPLAIN (ANALYZE, COSTS off) SELECT id FROM plain_search WHERE {where} "
                "ORDER BY ts_rank(document, plainto_tsquery('english', %s)) DESC LIMIT 20", [*values, q],
            )  # fmt: skip
            return [row[0] for row in cursor.fetchall()]

    def _where(self, q: str, only_open: bool) -> tuple[str, list[Any]]:
        clauses, values = ["true"], []
        if q:
            clauses.append("document @@ plainto_tsquery('english', %s)")
            values.append(q)
        if only_open:
            clauses.append("status = ANY(%s)")
            values.append(list(OPEN))
        return " AND ".join(clauses), values
