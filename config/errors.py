"""Error pages. Those for a broken server read no database and no cache: they must work when nothing else does."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Where forms keep Django's token: the settings of a reader, the admin. The reason is for developers."""
    return render(request, "errors/403.html", {"is_old_form": True}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", {"asked": request.path[:200]}, status=404)


def gone(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/410.html", status=410)


def too_many(request: HttpRequest, retry_after: int) -> HttpResponse:
    response = render(request, "errors/429.html", {"minutes": max(1, -(-retry_after // 60))}, status=429)
    response["Retry-After"] = str(retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    return _static("errors/500.html", request, 500)


def unavailable(request: HttpRequest, retry_after: int = 60) -> HttpResponse:
    response = _static("errors/503.html", request, 503)
    response["Retry-After"] = str(retry_after)
    return response


def _static(template: str, request: HttpRequest, status: int) -> HttpResponse:
    """Context processors may ask the database who is logged in, so these two pages get by without them."""
    from django.template.loader import render_to_string

    context = {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, "DEMO": settings.DEMO,
               "SAMPLE_DATA": settings.SAMPLE_DATA, "CANONICAL": ""}  # fmt: skip
    return HttpResponse(render_to_string(template, context), status=status)
