"""The map of the site, one include a line."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

_PARTS = [("", "trials.urls"), ("", "explainers.urls"), ("updates/", "subscriptions.urls"), ("", "config.pages.urls")]
urlpatterns = [path("admin/", admin.site.urls)] + [
    path(route, include(part)) for route, part in _PARTS if find_spec(part.split(".urls")[0]) and find_spec(part)
]

if find_spec("config.errors"):
    handler400 = "config.errors.bad_request"
    handler403 = "config.errors.forbidden"
    handler404 = "config.errors.not_found"
    handler500 = "config.errors.server_error"
