"""The admin, with a second factor, slowed-down guessing, and a fresh code before what cannot be taken back."""

import time
from datetime import timedelta
from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import FieldDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from trials import limits

CONFIRMED_AT = "second_factor_at"
FRESH_FOR = 15 * 60
_WEIGHTY_NAMES = ("release", "discard", "export")
_WEIGHTY_MODELS = {"user", "group", "totpdevice"}


class Site(AdminSite):
    site_header = site_title = f"{settings.SITE_NAME} editors"

    def has_permission(self, request: HttpRequest) -> bool:
        is_staff = super().has_permission(request)
        return is_staff and (not settings.SECOND_FACTOR_REQUIRED or is_verified(request))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from config import second_factor

        guarded = never_cache(csrf_protect(second_factor.page))
        return [path("second-factor/", guarded, {"site": self}, name="second-factor"), *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A right password alone leads to the second factor, and to no page of the admin."""
        if request.method != "POST":
            return self._to_second_factor(request) or super().login(request, extra_context)
        from config import sign_in

        name, now = request.POST.get("username", "")[:150], timezone.now()
        attempt = sign_in.begin(sign_in.Step.PASSWORD, name, limits.network(request), now=now)
        if isinstance(attempt, timedelta):
            raise limits.TooMany(int(attempt.total_seconds()) + 1)
        response = super().login(request, extra_context)
        if response.status_code == 302 and request.user.pk:
            sign_in.succeed(attempt, request.user.pk)
        else:
            sign_in.fail(attempt, _id_of(name))
        return response

    def _to_second_factor(self, request: HttpRequest) -> HttpResponse | None:
        if not super().has_permission(request) or self.has_permission(request):
            return None
        return HttpResponseRedirect(second_factor_url(request.GET.get("next", "")))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = super().admin_view(view, cacheable)

        def with_fresh_code(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if self.has_permission(request) and _is_weighty(request) and not is_fresh(request):
                back = request.path if request.method == "POST" else request.get_full_path()
                return HttpResponseRedirect(second_factor_url(back, again=True))
            try:
                response: HttpResponseBase = guarded(request, *args, **kwargs)
            except FieldDoesNotExist as error:  # Django believes that ?_to_field= names one of the model's
                raise Http404 from error
            return response

        return update_wrapper(with_fresh_code, guarded)


def is_verified(request: HttpRequest) -> bool:
    check = getattr(request.user, "is_verified", None)
    return bool(check and check())


def is_fresh(request: HttpRequest) -> bool:
    """The code was given in the last 15 minutes."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return True
    return time.time() - float(request.session.get(CONFIRMED_AT, 0)) < FRESH_FOR


def second_factor_url(back: str, *, again: bool = False) -> str:
    values = {"next": back, **({"again": "1"} if again else {})}
    return reverse("admin:second-factor") + "?" + urlencode({name: value for name, value in values.items() if value})


def _is_weighty(request: HttpRequest) -> bool:
    """Bulk actions, exports, held runs, and who may come in."""
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    if name.endswith(tuple(f"_{word}" for word in _WEIGHTY_NAMES)):
        return True
    if request.method != "POST":
        return False
    is_model = name.rpartition("_")[0].rpartition("_")[2] in _WEIGHTY_MODELS
    return "action" in request.POST or "_release" in request.POST or "_discard" in request.POST or is_model


def _id_of(name: str) -> int | None:
    from django.contrib.auth.models import User

    return User.objects.filter(username=name).values_list("pk", flat=True).first()
