"""What holds for every request: whom to believe, how much to read, and what to answer when a part is missing."""

import logging
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from trials.limits import TooMany, is_our_proxy, plain_address

log = logging.getLogger(__name__)

LONGEST_QUERY = 2000
MOST_PARAMETERS = 60
LONGEST_PATH = 1000
LONGEST_BODY = 256 * 1024
LONGEST_EDITORS_BODY = 2_500_000
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")
_NO_DEVICES = "camera=(), geolocation=(self), microphone=(), payment=(), usb=(), browsing-topics=()"
_SAFE = ("GET", "HEAD", "OPTIONS")
_OWN = ("same-origin", "none")
_KEEP_DJANGOS_TOKEN = ("/admin/", "/updates/")
Answer = Callable[[HttpRequest], HttpResponse]


class ForwardedMiddleware:
    """Forwarding headers count only from our own proxies; from anybody else they are as if never sent.

    First of all, so that every answer carries what Django's own settings do not give.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _from_our_proxy(request):
            for name in _FORWARDED:
                request.META.pop(name, None)
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", _NO_DEVICES)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def _from_our_proxy(request: HttpRequest) -> bool:
    try:
        return is_our_proxy(plain_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return False


class CapsMiddleware:
    """Requests larger than any that our pages make are turned away before they are read."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in (*_SAFE, "POST"):
            return HttpResponseNotAllowed([*_SAFE, "POST"])
        status = _over_a_cap(request)
        if status == 400:
            from config import errors

            return errors.bad_request(request)
        return HttpResponse(status=status, content_type="text/plain") if status else self.get_response(request)


def _over_a_cap(request: HttpRequest) -> int:
    query = request.META.get("QUERY_STRING", "")
    if len(query) > LONGEST_QUERY or query.count("&") >= MOST_PARAMETERS or len(request.path_info) > LONGEST_PATH:
        return 414
    if "%00" in query or "\0" in request.path_info:  # PostgreSQL's text cannot hold it
        return 400
    most = LONGEST_EDITORS_BODY if request.path_info.startswith("/admin/") else LONGEST_BODY
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit():
        return 400
    return 413 if int(length) > most else 0


class AnswerMiddleware:
    """Two exceptions that are answers: a visitor who has to wait, and a database that is not there."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError) as error:
            return _no_database(request, error)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        from config import errors

        if isinstance(exception, TooMany):
            return errors.too_many(request, exception.seconds)
        if isinstance(exception, OperationalError | InterfaceError):
            return _no_database(request, exception)
        if isinstance(exception, DataError) and any("\0" in value for value in _sent(request)):
            return errors.bad_request(request)
        return None


def _sent(request: HttpRequest) -> Iterator[str]:
    """What a form of Django's own may hand to the database without a look at it."""
    for _, values in request.POST.lists():
        yield from map(str, values)


def _no_database(request: HttpRequest, error: Exception) -> HttpResponse:
    """Down, restarting, out of connections, or a query that took too long: later is better than an error page."""
    from config import errors

    log.error("The database did not answer %s %s: %s", request.method, request.path, type(error).__name__)
    return errors.unavailable(request, retry_after=30)


class ForeignPostMiddleware:
    """Public forms carry no token, so that pages can be cached. This check stands in for it: a browser always says
    where a POST comes from, by Sec-Fetch-Site or Origin. One-click unsubscribe is told apart by its view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object) -> HttpResponse | None:
        if request.method in _SAFE or getattr(view, "accepts_foreign_posts", False):
            return None
        if is_foreign(request):
            from config.errors import forbidden

            return forbidden(request)
        return None if _takes_posts(request, view) else HttpResponseNotAllowed(_SAFE)


def _takes_posts(request: HttpRequest, view: Callable[..., HttpResponse]) -> bool:
    """Public pages that take forms are exempt from Django's token. To the others a POST is a mistake, not an attack."""
    return getattr(view, "csrf_exempt", False) or request.path_info.startswith(_KEEP_DJANGOS_TOKEN)


def is_foreign(request: HttpRequest) -> bool:
    """True when the browser says that another site's page sent this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:  # says it all, also on pages that send no referrer and so name no origin
        return site not in _OWN
    origin = request.headers.get("Origin")
    if not origin:
        return False
    host = urlsplit(origin).netloc
    return host not in (request.get_host(), urlsplit(settings.SITE_URL).netloc)
