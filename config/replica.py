"""Public reads may go to DATABASE_REPLICA_URL: at most 30 seconds behind, and never in the way when it is down."""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import Error, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

log = logging.getLogger(__name__)

MOST_BEHIND = 30.0
LOOK_EVERY = 10.0
OUT_FOR = 30.0
_PUBLIC_APPS = {"trials", "explainers"}
_OWN_DATABASE = ("/admin/", "/updates/", "/health/", "/metrics")
_reads_replica: ContextVar[bool] = ContextVar("reads_replica", default=False)

# A primary at rest sends nothing, so the age of the last replay alone would call an idle replica late.
_BEHIND = """
SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 1e9) END
"""


class Router:
    """Only what a page that a middleware marked reads of trials and explainers; all else, and every write, stays."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return "replica" if _reads_replica.get() and model._meta.app_label in _PUBLIC_APPS else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return "default"

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        return True  # one database, seen twice

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db == "default"


class Standing:
    """Whether this process may use the replica, looked at every ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._good_until = self._out_until = float("-inf")

    def is_good(self) -> bool:
        now = self._clock()
        if now < self._out_until:
            return False
        if now >= self._good_until:
            self._look(now)
        return now < self._good_until

    def mark_out(self) -> None:
        self._good_until, self._out_until = float("-inf"), self._clock() + OUT_FOR

    def _look(self, now: float) -> None:
        try:
            with connections["replica"].cursor() as cursor:
                cursor.execute(_BEHIND)
                behind = float(cursor.fetchone()[0])
        except Error as error:
            behind = float("inf")
            log.warning("The replica does not answer: %s", type(error).__name__)
        if behind <= MOST_BEHIND:
            self._good_until = now + LOOK_EVERY
        else:
            self.mark_out()


standing = Standing()


class ReplicaMiddleware:
    """Marks the requests that may read a copy: GET and HEAD of public pages by people who are not logged in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _may_read_copy(request) or not standing.is_good():
            return self.get_response(request)
        mark = _reads_replica.set(True)
        try:
            return self.get_response(request)
        finally:
            _reads_replica.reset(mark)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A replica that fails under a page is left alone for a while, and the page is made again without it."""
        if not isinstance(exception, Error) or not _reads_replica.get():
            return None
        standing.mark_out()
        _reads_replica.set(False)
        return self.get_response(request)


def _may_read_copy(request: HttpRequest) -> bool:
    reads = request.method in ("GET", "HEAD") and not request.path_info.startswith(_OWN_DATABASE)
    return reads and settings.SESSION_COOKIE_NAME not in request.COOKIES
