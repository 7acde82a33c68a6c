"""Queries of the hottest page, compiled once a process and prepared once a connection.

Django spends more time writing a query's SQL than PostgreSQL spends answering it, and PostgreSQL more on planning it
than on running it. What is asked is still an ordinary queryset; only the values of `ASKED` differ from call to call.
"""

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import psycopg
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query import get_related_populators

ASKED, ASKED_ID = "\0asked", -(2**40)
"""Stand in a queryset for the value that each call brings: a text, or a row's id."""


class _Compiled:
    def __init__(self, query: "models.QuerySet[Any]", alias: str) -> None:
        self.compiler = query.query.get_compiler(using=alias)
        self.sql, params = self.compiler.as_sql()
        self.numbered = numbered(self.sql)
        self.params = tuple(params)
        chosen: list[Any] = self.compiler.select
        about: dict[str, Any] = self.compiler.klass_info
        first, last = about["select_fields"][0], about["select_fields"][-1] + 1
        self.model: type[models.Model] = about["model"]
        self.columns = slice(first, last)
        self.names = [chosen[place][0].target.attname for place in range(first, last)]
        self.related = get_related_populators(about, chosen, alias)  # type: ignore[call-arg]  # the stubs are of a later Django
        self.extra = self.compiler.annotation_col_map
        self.converters = self.compiler.get_converters([each[0] for each in chosen])

    def asked(self, value: object) -> list[Any]:
        return [value if param in (ASKED, ASKED_ID) else param for param in self.params]

    def model_of(self, row: Any, alias: str) -> Any:
        made = self.model.from_db(alias, self.names, row[self.columns])
        for populator in self.related:
            populator.populate(row, made)
        for name, place in self.extra.items():
            setattr(made, name, row[place])
        return made


class Prepared:
    """`build` gives the queryset of `model`, with `ASKED` where a value goes. It is called once a database."""

    def __init__(self, model: type[models.Model], build: "Callable[[], models.QuerySet[Any]]") -> None:
        self._model, self._build = model, build
        self._compiled: dict[str, _Compiled] = {}

    def all(self, value: object = None) -> list[Any]:
        alias = router.db_for_read(self._model)
        compiled = self._compiled.get(alias) or self._compiled.setdefault(alias, _Compiled(self._build(), alias))
        rows: Iterator[Any] = iter(_rows(connections[alias], compiled, compiled.asked(value)))
        if compiled.converters:
            rows = compiled.compiler.apply_converters(rows, compiled.converters)
        return [compiled.model_of(row, alias) for row in rows]

    def first(self, value: object = None) -> Any | None:
        """For queries of at most one row."""
        found = self.all(value)
        return found[0] if found else None


def numbered(sql: str) -> str:
    """Django's `%s` as PostgreSQL's `$1`: psycopg would do it again for each call, as it keeps no query this long."""
    number = count(1)
    return re.sub("%[s%]", lambda found: f"${next(number)}" if found[0] == "%s" else "%", sql)


def _rows(connection: BaseDatabaseWrapper, query: _Compiled, params: list[Any]) -> list[tuple[Any, ...]]:
    if connection.queries_logged or connection.in_atomic_block:  # what tests count, and what others' savepoints guard
        with connection.cursor() as cursor:
            cursor.execute(query.sql, params)
            return list(cursor.fetchall())
    with connection.wrap_database_errors:
        return _fast(connection, query.numbered, params)


def _fast(connection: BaseDatabaseWrapper, sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    """Without Django's look whether the connection still lives, which costs a trip: a dead one is opened anew."""
    is_old = connection.connection is not None
    connection.ensure_connection()
    try:
        return _ask(connection, sql, params)
    except psycopg.OperationalError:
        if not is_old or connection.is_usable():
            raise
        connection.close()
        connection.ensure_connection()
        return _ask(connection, sql, params)


def _ask(connection: BaseDatabaseWrapper, sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    raw: psycopg.Connection[tuple[Any, ...]] = connection.connection
    if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:  # PgBouncer: the next query may meet another server
        with psycopg.RawCursor(raw) as cursor:
            return cursor.execute(sql, params, prepare=False).fetchall()
    raw.prepare_threshold = 0  # Django leaves it off, as its own queries hold their values
    try:
        with psycopg.RawCursor(raw) as cursor:
            return cursor.execute(sql, params, prepare=True).fetchall()
    finally:
        raw.prepare_threshold = None
