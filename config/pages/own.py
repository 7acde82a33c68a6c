"""Pages that are words alone. Each is a template; the dates of the versioned ones stand here."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trials import vocabulary

PAGES = ("basics", "about", "how-we-write", "safety", "terms", "privacy", "disclaimer", "accessibility")
TERMS_VERSION, TERMS_SINCE = "1", date(2026, 11, 1)
PRIVACY_SINCE = date(2026, 11, 1)


def page(request: HttpRequest, name: str) -> HttpResponse:
    context = {"terms_version": TERMS_VERSION, "terms_since": TERMS_SINCE, "privacy_since": PRIVACY_SINCE}
    return render(request, f"pages/{name}.html", context)


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part in every state, to look at while changing the styles. Not on a production site."""
    return render(request, "pages/styleguide.html", {"statuses": [*vocabulary.STATUS, "", "A_NEW_VALUE"]})
