"""Requests that another site's page sends in a visitor's name are refused before any view runs."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_SAFE = ("GET", "HEAD", "OPTIONS")
_OWN = ("same-origin", "none")


class ForeignPostMiddleware:
    """Public forms carry no token, so that pages can be cached. This check stands in for it: a browser always says
    where a POST comes from, by Sec-Fetch-Site or Origin. One-click unsubscribe is told apart by its view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object) -> HttpResponse | None:
        if request.method in _SAFE or getattr(view, "accepts_foreign_posts", False) or not is_foreign(request):
            return None
        from config.errors import forbidden

        return forbidden(request)


def is_foreign(request: HttpRequest) -> bool:
    """True when the browser says that another site's page sent this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site and site not in _OWN:
        return True
    origin = request.headers.get("Origin")
    if not origin:
        return False
    host = urlsplit(origin).netloc
    return origin == "null" or host not in (request.get_host(), urlsplit(settings.SITE_URL).netloc)
