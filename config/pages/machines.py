"""robots.txt, security.txt and the health checks of load balancers."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from config import vitals
from config.metrics import CONTENT_TYPE, render_metrics
from trials import limits

_ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /updates/confirm/
Disallow: /updates/manage/
Disallow: /updates/unsubscribe/
Disallow: /trials/compare/
Disallow: /trials/*/step/
{demo}
Sitemap: {site}/sitemap.xml
"""


def robots(request: HttpRequest) -> HttpResponse:
    """A demo's made-up trials must not turn up in anybody's search; one on this machine alone cannot."""
    demo = "Disallow: /\n" if settings.DEMO and not settings.ON_LOOPBACK else ""
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
    """Whether this process can do its work. Without Redis it can: pages do not need it, and sign-ups are kept."""
    try:
        state = vitals.look(now=timezone.now())
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503, headers={"Retry-After": "30"})
    return JsonResponse(state.as_json())


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For a collector that has the token or comes from an allowed network; for everybody else there is no such page."""
    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(render_metrics(now=timezone.now()), content_type=CONTENT_TYPE)


def _may_read_metrics(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return True
    address = limits.client_address(request)
    return address is not None and any(address in network for network in settings.METRICS_NETWORKS)
