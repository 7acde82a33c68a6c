"""What the keys of the open data mean, for programs and for people; and the link to it that each answer carries."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page

from trials.open_data.schemas import NAMES, schema

TYPE = "application/schema+json"


@conditional_page
@cache_control(public=True, max_age=86400)
def page(request: HttpRequest, name: str) -> HttpResponse:
    if name not in NAMES:
        raise Http404("No such schema")
    written = {"ensure_ascii": False, "indent": 1}
    return JsonResponse(schema(name, settings.SITE_URL), content_type=TYPE, json_dumps_params=written)


def described(answer: dict[str, object], name: str, *, status: int = 200) -> HttpResponse:
    """The answer as JSON, with a link to the schema of its keys."""
    response = JsonResponse(answer, status=status, json_dumps_params={"ensure_ascii": False})
    address = settings.SITE_URL + reverse("trials:schema", args=[name])
    response["Link"] = f'<{address}>; rel="describedby"; type="{TYPE}"'
    return response
