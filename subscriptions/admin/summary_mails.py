"""How the words of a plain summary look in a mail: for the frame beside the text that an editor writes."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from explainers import newest
from subscriptions import letters, sample_letters
from trials.pages import reading

VIEW = "explainers.view_plainsummary"
# Mail programs know no style sheets, so a mail carries its look in its elements. In its frame it can run nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


def urls(site: admin.AdminSite) -> list[URLPattern]:
    return [
        path("summary-mail/<str:nct_id>/", site.admin_view(as_html), name="summary-mail"),
        path("summary-mail/<str:nct_id>/text/", site.admin_view(as_text), name="summary-mail-text"),
    ]


def as_html(request: HttpRequest, nct_id: str) -> HttpResponse:
    return _framed(_letter(request, nct_id).html, "text/html")


def as_text(request: HttpRequest, nct_id: str) -> HttpResponse:
    letter = _letter(request, nct_id)
    return _framed(f"Subject: {letter.subject}\n\n{letter.text}", "text/plain")


def _letter(request: HttpRequest, nct_id: str) -> letters.Body:
    user = request.user
    if not isinstance(user, User) or not user.has_perm(VIEW):
        raise PermissionDenied
    trial = reading.trial(nct_id.upper())
    if trial is None:
        raise Http404("No such trial")
    now = timezone.now()
    text = newest.words(trial, user, typed="typed" in request.GET)
    return sample_letters.about(newest.as_if_published(trial, text, by=user, at=now), at=now)


def _framed(body: str, kind: str) -> HttpResponse:
    response = HttpResponse(body, content_type=f"{kind}; charset=utf-8")
    response["Content-Security-Policy"] = _POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store"
    return response
