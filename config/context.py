"""What every template may show."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, "DEMO": settings.DEMO,
            "SAMPLE_DATA": settings.SAMPLE_DATA, "CANONICAL": settings.SITE_URL + request.path}  # fmt: skip
