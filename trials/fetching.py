"""One polite request to the registry: paced, capped in bytes and time, retried with jitter, judged.

All that leaves here is a JSON answer of the expected shape or an error from registry_errors.
"""

import random
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast

import httpx
import msgspec

from trials.nesting import without_deep
from trials.registry_errors import (
    RegistryAnswerError,
    RegistryAnswerTooLarge,
    RegistryBlocked,
    RegistryBusy,
    RegistryError,
    RegistryMoved,
    RegistryNotFound,
    RegistryRequestError,
    RegistryUnreachable,
)
from trials.transport import Deadline, Ladder

MEGABYTE = 1024 * 1024
LONGEST_RETRY_AFTER = 86_400.0  # a registry that says "in a year" is asked again tomorrow
ERROR_BODY_BYTES = 64 * 1024
PIECE = 256 * 1024
Answered = TypeVar("Answered")
_TRY_LATER = {408, 425, 429}


@dataclass(frozen=True)
class Limits:
    connect_seconds: float = 5.0
    read_seconds: float = 30.0  # between two bytes
    total_seconds: float = 120.0  # for one request as a whole
    page_bytes: int = 64 * MEGABYTE
    study_bytes: int = 20 * MEGABYTE
    pages: int = 20_000  # the whole registry was 3,000 pages of 200 in 2026
    tries: int = 5
    wait_seconds: float = 120.0  # a longer Retry-After ends the run instead of holding a worker
    backoff_seconds: float = 2.0
    backoff_cap_seconds: float = 60.0


@dataclass(frozen=True)
class Timepiece:
    """Time and chance, as parameters: tests hand in their own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[float, float], float] = random.SystemRandom().uniform


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytearray

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def excerpt(self) -> str:
        """The registry's own words for the log, on one line and short."""
        text = bytes(self.body[:300]).decode("utf-8", "replace")
        return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()[:200]


class Fetcher:
    def __init__(
        self, base_url: str, user_agent: str, ladder: Ladder, *, min_interval: float, limits: Limits, time: Timepiece
    ) -> None:
        self._base_url = base_url
        self._ladder = ladder
        self._min_interval = min_interval
        self._limits = limits
        self._time = time
        self._next_start = time.monotonic()
        self._client = httpx.Client(
            transport=ladder,
            follow_redirects=False,
            trust_env=False,  # no proxy and no .netrc password from the environment
            timeout=httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds),
            headers={"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"},
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, params: Mapping[str, str], shape: type[Answered], *, max_bytes: int) -> Answered:
        """The JSON of a 200 in the wanted shape. Raises RegistryError after the retries that make sense."""
        for attempt in range(1, self._limits.tries + 1):
            try:
                answer = self._ask(path, params, max_bytes)
                return _decoded(path, self._judge(path, answer), shape)
            except RegistryError as error:
                wait = self._wait_before_retry(error, attempt)
                if wait is None:
                    raise
            self._time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _wait_before_retry(self, error: RegistryError, attempt: int) -> float | None:
        if not error.may_pass or attempt >= self._limits.tries:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self._limits.wait_seconds else None
        ceiling = min(self._limits.backoff_cap_seconds, self._limits.backoff_seconds * 2 ** (attempt - 1))
        return self._time.jitter(0.0, ceiling)

    def _ask(self, path: str, params: Mapping[str, str], max_bytes: int) -> _Answer:
        for _ in range(len(self._ladder)):
            answer = self._send(path, params, max_bytes)
            if answer.status != httpx.codes.FORBIDDEN:
                return answer
            self._ladder.climb()
        raise RegistryBlocked(f"the registry refuses this site (403) at {path}")

    def _send(self, path: str, params: Mapping[str, str], max_bytes: int) -> _Answer:
        self._pace()
        try:
            with Deadline(self._limits.total_seconds) as deadline:
                return self._receive(path, params, max_bytes, deadline)
        # OSError and ValueError: what the layers under httpx let through, such as a header that is no ASCII.
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            if deadline.expired:
                slow = f"the answer at {path} took longer than {self._limits.total_seconds:g} s"
                raise RegistryUnreachable(slow) from error
            raise RegistryUnreachable(f"no answer at {path}: {type(error).__name__}: {error}") from error

    def _pace(self) -> None:
        wait = self._next_start - self._time.monotonic()
        if wait > 0:
            self._time.sleep(wait)
        self._next_start = self._time.monotonic() + self._min_interval

    def _receive(self, path: str, params: Mapping[str, str], max_bytes: int, deadline: Deadline) -> _Answer:
        request = self._client.build_request(
            "GET", self._base_url + path, params=params, extensions={"watch": deadline.watch}
        )
        response = self._client.send(request, stream=True)
        try:
            body = _read(response, path, deadline, max_bytes)
            return _Answer(response.status_code, response.headers, body)
        finally:
            response.close()

    def _judge(self, path: str, answer: _Answer) -> bytearray:
        status = answer.status
        if status == httpx.codes.OK:
            return _json_body(path, answer)
        if status in _TRY_LATER or status >= 500:
            retry_after = parse_retry_after(answer.headers.get("retry-after", ""), self._time.now())
            raise RegistryBusy(f"{status} at {path}", status=status, retry_after=retry_after)
        if 300 <= status < 400 and "location" in answer.headers:
            location = answer.headers["location"]
            raise RegistryMoved(f"{status} at {path}", status=status, location=location)
        # A gateway's HTML 404 says nothing about a study; removals are decided on the registry's own.
        if status == httpx.codes.NOT_FOUND and answer.media_type != "text/html":
            raise RegistryNotFound(f"404 at {path}: {answer.excerpt()}")
        if 400 <= status < 500 and status != httpx.codes.NOT_FOUND:
            raise RegistryRequestError(f"{status} at {path}: {answer.excerpt()}")
        raise RegistryAnswerError(f"{status} at {path} with {answer.media_type or 'no'} content")


def _read(response: httpx.Response, path: str, deadline: Deadline, max_bytes: int) -> bytearray:
    """The body under a cap that holds on the wire and again after gunzip; of an error page, its first lines."""
    usable = response.status_code == httpx.codes.OK
    cap = max_bytes if usable else ERROR_BODY_BYTES
    body = bytearray()
    try:
        for piece in _gunzipped(_wire(response, path, deadline, cap), response.headers.get("content-encoding", "")):
            body += piece
            if len(body) > cap:
                raise RegistryAnswerTooLarge(f"the answer at {path} holds more than {cap} bytes")
    except (RegistryAnswerError, zlib.error) as error:
        if not usable:
            return body
        if isinstance(error, RegistryAnswerError):
            raise
        raise RegistryAnswerError(f"bad gzip at {path}: {error}") from error
    return body


def _wire(response: httpx.Response, path: str, deadline: Deadline, cap: int) -> Iterator[bytes]:
    received = 0
    # Not iter_raw: it refuses a response that a test made in memory.
    for chunk in cast(httpx.SyncByteStream, response.stream):
        if deadline.expired:
            break
        received += len(chunk)
        if received > cap:
            raise RegistryAnswerTooLarge(f"the answer at {path} is longer than {cap} bytes")
        yield chunk
    if deadline.expired:  # a cut connection can look like a body that simply ended
        raise httpx.ReadTimeout("cut off")


def _gunzipped(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Decoded in pieces of a bounded size: httpx's own decoder would swell a bomb a thousandfold in one step."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip"):
        raise RegistryAnswerError("a content encoding that we did not ask for")
    gunzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for chunk in chunks:
        piece = gunzip.decompress(chunk, PIECE)
        while piece:
            yield piece
            piece = gunzip.decompress(gunzip.unconsumed_tail, PIECE)
        if gunzip.unused_data:
            raise RegistryAnswerError("bytes after the end of the gzip stream")
    if not gunzip.eof:
        raise RegistryAnswerError("the gzip stream ended early")


def _json_body(path: str, answer: _Answer) -> bytearray:
    if answer.media_type != "application/json":
        raise RegistryAnswerError(f"200 at {path} is {answer.media_type or 'of no type'}, not JSON: {answer.excerpt()}")
    if not answer.body.strip():
        raise RegistryAnswerError(f"200 at {path} is empty")
    return answer.body


def _decoded(path: str, body: bytearray, shape: type[Answered]) -> Answered:
    try:
        return _whole_or_shallow(body, shape)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # ValueError: bytes that are no UTF-8
        raise RegistryAnswerError(f"the answer at {path} is not what it should be: {error}") from error


def _whole_or_shallow(body: bytearray, shape: type[Answered]) -> Answered:
    """One study that nests too deeply must not take the others of its page with it: it is cut out."""
    try:
        return msgspec.json.decode(body, type=shape)
    except RecursionError:
        is_page = isinstance(shape, type) and issubclass(shape, msgspec.Struct)
        return msgspec.json.decode(without_deep(bytes(body), 2 if is_page else 0), type=shape)


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Seconds to stay away: from a number or an HTTP date; None for anything else, or a date that has passed."""
    value = value.strip()
    if re.fullmatch(r"[0-9]+", value):
        return min(float(value[:12]), LONGEST_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    return min(seconds, LONGEST_RETRY_AFTER) if seconds > 0 else None
