"""What every template may show. When the registry was last checked is asked only where a page says it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from trials import freshness


def site(request: HttpRequest) -> dict[str, Any]:
    return {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, "DEMO": settings.DEMO,
            "SAMPLE_DATA": settings.SAMPLE_DATA, "CANONICAL": settings.SITE_URL + request.path,
            "polled_at": SimpleLazyObject(lambda: freshness.as_of().checked_at)}  # fmt: skip
