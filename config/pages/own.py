"""Pages that are words alone. Each is a template; the dates of the versioned ones stand here."""

from datetime import date
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trials import vocabulary

PAGES = ("basics", "about", "how-we-write", "safety", "terms", "privacy", "disclaimer", "accessibility")
PRIVACY_SINCE = date(2026, 11, 1)


class Terms(NamedTuple):
    version: str
    since: date

    @property
    def template(self) -> str:
        return f"pages/terms/{self.version}.html"


TERMS = (Terms("2026-11", date(2026, 11, 1)),)
"""The newest first. A changed text is a new version with a new file: people agreed to the old one, so it stays."""


def page(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, f"pages/{name}.html", {"privacy_since": PRIVACY_SINCE})


def terms(request: HttpRequest, version: str = "") -> HttpResponse:
    asked = next((each for each in TERMS if each.version == (version or TERMS[0].version)), None)
    if asked is None:
        raise Http404("No such version of the terms")
    context = {"terms": asked, "is_current": asked == TERMS[0], "is_dated": bool(version), "every": TERMS}
    return render(request, "pages/terms.html", context)


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part in every state, to look at while changing the styles. Not on a production site."""
    return render(request, "pages/styleguide.html", {"statuses": [*vocabulary.STATUS, "", "A_NEW_VALUE"]})
