"""How bytes reach the registry: a ladder of two transports, and the clock that cuts a request off.

The registry's gateway answers 403 to some TLS client hellos, httpx's own among them. Rung one is httpx with two
documented ssl settings that make its hello equal to those of requests; rung two sends the same calls through urllib.
Neither pretends to be a browser: both carry the site's honest User-Agent.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

import httpx

CHUNK = 65_536
HTTPX, URLLIB = "httpx", "urllib"
SocketWatch = Callable[[socket.socket], None]


class Deadline:
    """Cuts the connection once a request has taken too long as a whole.

    A read timeout starts anew with every byte, so a server that drips one byte every 29 seconds would hold a worker
    for days, in the headers as well as in the body. Only closing the socket from outside ends that read.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._done = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def watch(self, sock: socket.socket) -> None:
        with self._lock:
            self._socket = sock
            if self.expired:
                _cut(sock)

    def _expire(self) -> None:
        with self._lock:  # never cut a kept-alive connection that already serves the next request
            if self._done:
                return
            self.expired = True
            if self._socket is not None:
                _cut(self._socket)

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with self._lock:
            self._done = True
        self._timer.cancel()


def _cut(sock: socket.socket) -> None:
    # The plain socket's shutdown: SSLSocket's own would drop the TLS state under the reading thread.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _watch_of(request: httpx.Request) -> SocketWatch:
    watch: SocketWatch | None = request.extensions.get("watch")
    return watch or (lambda sock: None)


def tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.post_handshake_auth = True  # the hello of urllib
    context.options |= ssl.OP_NO_TICKET  # and with this one, of requests
    return context


class HttpxTransport(httpx.BaseTransport):
    """One kept-alive connection, its socket shown to the request's watch."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        self._inner = httpx.HTTPTransport(verify=tls_context(), http2=False, trust_env=False, limits=limits)
        self._socket: socket.socket | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        watch = _watch_of(request)
        if self._socket is not None:
            watch(self._socket)

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                self._socket = info["return_value"].get_extra_info("socket")
                if self._socket is not None:
                    watch(self._socket)

        request.extensions = {**request.extensions, "trace": trace}
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class UrllibTransport(httpx.BaseTransport):
    """The same calls over urllib: no redirects, no proxies from the environment, no scheme but http and https."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions.get("timeout", {})
        opener = urllib.request.OpenerDirector()  # bare: the usual one follows redirects and opens file://
        opener.add_handler(_PlainHandler(_watch_of(request), timeout.get("read")))
        opener.add_handler(_TlsHandler(_watch_of(request), timeout.get("read")))
        headers = dict(request.headers)
        call = urllib.request.Request(str(request.url), headers=headers, method=request.method)  # noqa: S310
        with _as_httpx_errors(httpx.ConnectError, request):
            reply = opener.open(call, timeout=timeout.get("connect"))
        if reply is None:
            raise httpx.UnsupportedProtocol("urllib has no handler for this address", request=request)
        return httpx.Response(reply.status, headers=reply.getheaders(), stream=_UrllibStream(reply, request))


def _watched(
    kind: type[http.client.HTTPConnection], watch: SocketWatch, read_timeout: float | None
) -> type[http.client.HTTPConnection]:
    class Watched(kind):  # type: ignore[valid-type, misc]
        def connect(self) -> None:
            super().connect()
            self.sock.settimeout(read_timeout)
            watch(self.sock)

    return Watched


class _PlainHandler(urllib.request.HTTPHandler):
    def __init__(self, watch: SocketWatch, read_timeout: float | None) -> None:
        super().__init__()
        self._connection = _watched(http.client.HTTPConnection, watch, read_timeout)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _TlsHandler(urllib.request.HTTPSHandler):
    def __init__(self, watch: SocketWatch, read_timeout: float | None) -> None:
        super().__init__()
        self._connection = _watched(http.client.HTTPSConnection, watch, read_timeout)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _UrllibStream(httpx.SyncByteStream):
    def __init__(self, reply: http.client.HTTPResponse, request: httpx.Request) -> None:
        self._reply = reply
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        announced, received = self._reply.length, 0
        while announced is None or received < announced:
            with _as_httpx_errors(httpx.ReadError, self._request):
                chunk = self._reply.read1(CHUNK)
            if not chunk:
                break
            received += len(chunk)
            yield chunk
        if announced is not None and received < announced:  # http.client lets a short body pass in silence
            raise httpx.RemoteProtocolError("the body ended early", request=self._request)

    def close(self) -> None:
        self._reply.close()


@contextlib.contextmanager
def _as_httpx_errors(kind: type[httpx.TransportError], request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except http.client.HTTPException as error:
        raise httpx.RemoteProtocolError(f"{type(error).__name__}: {error}", request=request) from error
    except (OSError, ValueError) as error:  # URLError, timeouts and ssl errors are OSErrors
        raise kind(f"{type(error).__name__}: {error}", request=request) from error


class Ladder(httpx.BaseTransport):
    """The transports in the order to try them. It stays on the rung that last worked."""

    def __init__(self, rungs: Mapping[str, httpx.BaseTransport], start: str = "") -> None:
        self._rungs = dict(rungs)
        self._names = list(self._rungs)
        self.rung = start if start in self._rungs else self._names[0]

    def __len__(self) -> int:
        return len(self._names)

    def climb(self) -> None:
        """Step to the next rung, from the last one back to the first."""
        self.rung = self._names[(self._names.index(self.rung) + 1) % len(self._names)]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._rungs[self.rung].handle_request(request)

    def close(self) -> None:
        for transport in self._rungs.values():
            transport.close()


def default_ladder(start: str = "") -> Ladder:
    return Ladder({HTTPX: HttpxTransport(), URLLIB: UrllibTransport()}, start)
