"""What the pages behind mailed links have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]


def token_page(view: View) -> View:
    """A page behind a mailed link: never stored, never indexed, and its address goes nowhere."""

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


def stale(request: HttpRequest) -> HttpResponse:
    """The same page for a wrong, an old and a used-up link: it tells nothing, and offers a fresh one."""
    return render(request, "subscriptions/stale.html")
