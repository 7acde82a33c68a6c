"""Whole answers kept in this process, for readers without a session: most pages are asked for again and again.

An answer is kept as it went out, compressed and with all its headers, and thrown away when the generation moves
(a sync published, an editor saved) or after a minute, since pages tell how long ago something was checked.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from trials import generation

LONGEST = 60.0
LOOK_AGAIN = 0.5
"""Seconds for which a process trusts the generation it last read."""
MOST_BYTES = 32 * 1024 * 1024
PRIVATE = ("/admin/", "/updates/", "/demo/", "/health/", "/metrics", "/report/", "/static/")
FOR_EVERYBODY = "public, max-age=0, s-maxage=60, must-revalidate"
_WHILE_TYPING = ("/autosave/", "/gauge/", "/markup/")
"""An editor's page asks these every few seconds: no reader sees what they keep or answer."""
_KEPT_OUT = ("no-store", "no-cache", "private")


class Kept:
    __slots__ = ("body", "etag", "headers", "made_at")

    def __init__(self, response: HttpResponse, etag: str) -> None:
        self.body, self.headers, self.etag = response.content, dict(response.items()), etag
        self.made_at = time.monotonic()

    def answer(self, request: HttpRequest) -> HttpResponse:
        asked = request.headers.get("If-None-Match", "")
        fresh = self.etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")]
        response = HttpResponseNotModified() if fresh else HttpResponse(self.body)
        for name, value in self.headers.items():
            if not fresh or name.lower() not in ("content-type", "content-length", "content-encoding"):
                response.headers[name] = value
        return response


class PageCacheMiddleware:
    """Stands first, so that a kept answer costs no other middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._pages: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._bytes = 0
        self._generation: int | None = None
        self._looked_at = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_public(request):
            response = self.get_response(request)
            if _may_have_changed_a_page(request):
                generation.move()
            return response
        key = _key(request)
        kept = self._find(key)
        if kept is not None:
            return kept.answer(request)
        before = self._generation
        response = self.get_response(request)
        return self._keep(request, key, response, before)

    def _find(self, key: tuple[str, ...]) -> Kept | None:
        now = time.monotonic()
        with self._lock:
            if now - self._looked_at > LOOK_AGAIN:
                self._look(now)
            kept = self._pages.get(key)
            if kept is None or now - kept.made_at > LONGEST:
                return None
            self._pages.move_to_end(key)
            return kept

    def _look(self, now: float) -> None:
        """Throws all pages away when the generation moved, or cannot be told."""
        self._looked_at = now
        found = generation.current()
        if found is None or found != self._generation:
            self._pages.clear()
            self._bytes = 0
        self._generation = found

    def _keep(
        self, request: HttpRequest, key: tuple[str, ...], response: HttpResponse, before: int | None
    ) -> HttpResponse:
        if response.status_code != 200 or response.streaming or response.cookies:
            return response
        control = response.headers.get("Cache-Control", "")
        if any(word in control for word in _KEPT_OUT):
            return response
        response.headers.setdefault("Cache-Control", FOR_EVERYBODY)
        etag = f'"{blake2b(response.content, digest_size=12).hexdigest()}"'
        response.headers["ETag"] = etag
        kept = Kept(response, etag)
        with self._lock:
            if before is not None and before == self._generation and len(kept.body) < MOST_BYTES // 10:
                self._put(key, kept)
        return kept.answer(request)

    def _put(self, key: tuple[str, ...], kept: Kept) -> None:
        old = self._pages.pop(key, None)
        self._bytes += len(kept.body) - (len(old.body) if old else 0)
        self._pages[key] = kept
        while self._bytes > MOST_BYTES:
            _, dropped = self._pages.popitem(last=False)
            self._bytes -= len(dropped.body)


def _may_have_changed_a_page(request: HttpRequest) -> bool:
    path = request.path
    return request.method == "POST" and path.startswith("/admin/") and not path.endswith(_WHILE_TYPING)


def _is_public(request: HttpRequest) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and not request.path.startswith(PRIVATE)
    )


def _key(request: HttpRequest) -> tuple[str, ...]:
    """Everything that an answer may depend on; the host and scheme as sent, checked when the answer was made."""
    zipped = "gzip" if "gzip" in request.headers.get("Accept-Encoding", "") else ""
    host = request.META.get("HTTP_HOST", "")
    return (request.method or "", request.scheme or "", host, request.get_full_path(), zipped,
            request.headers.get("X-Requested-With", ""))  # fmt: skip
