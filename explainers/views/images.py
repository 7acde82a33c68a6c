from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import condition, require_safe

from explainers.models import ExplainerImage

A_YEAR = 365 * 24 * 3600


def _tag(request: HttpRequest, name: str) -> str | None:
    added = ExplainerImage.objects.filter(name=name).values_list("added_at", flat=True).first()
    return f'"{name}-{added.timestamp():.0f}"' if added else None


@require_safe
@condition(etag_func=_tag)
def image(request: HttpRequest, name: str) -> HttpResponse:
    """Always a WebP that we encoded ourselves, whatever was uploaded."""
    row = get_object_or_404(ExplainerImage, name=name)
    response = HttpResponse(bytes(row.data), content_type="image/webp")
    response["Cache-Control"] = f"public, max-age={A_YEAR}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
