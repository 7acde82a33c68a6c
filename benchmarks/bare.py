"""The floor of a page: a Django site of one view that returns fixed bytes, with no middleware and no database."""

import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

SECRET_KEY = "only-for-the-floor-of-a-benchmark-on-loopback"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.bare"
MIDDLEWARE: list[str] = []
_BODY = Path(os.environ["BARE_BODY"]).read_bytes() if "BARE_BODY" in os.environ else b""


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_BODY)


urlpatterns = [re_path("", bare)]


application = get_wsgi_application()  # reads this very module as its settings, which are all set by now
