"""robots.txt, security.txt and the health checks of load balancers."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

_ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /updates/confirm/
Disallow: /updates/manage/
Disallow: /updates/unsubscribe/
Disallow: /trials/compare/
{demo}
Sitemap: {site}/sitemap.xml
"""


def robots(request: HttpRequest) -> HttpResponse:
    """A demo's made-up trials must not turn up in anybody's search."""
    demo = "Disallow: /\n" if settings.DEMO else ""
    return HttpResponse(_ROBOTS.format(site=settings.SITE_URL, demo=demo), content_type="text/plain; charset=utf-8")


def security(request: HttpRequest) -> HttpResponse:
    expires = (timezone.now() + timedelta(days=300)).strftime("%Y-%m-%dT00:00:00Z")
    contact = settings.REGISTRY_CONTACT
    address = f"mailto:{contact}" if "@" in contact else f"{settings.SITE_URL}/report/"
    text = f"Contact: {address}\nExpires: {expires}\nPreferred-Languages: en\n"
    return HttpResponse(text + f"Canonical: {settings.SITE_URL}/.well-known/security.txt\n", content_type="text/plain")


@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("live\n", content_type="text/plain")


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The process can do its work: the database answers. Redis may be down: pages do not need it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")
