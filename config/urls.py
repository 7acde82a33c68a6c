"""The map of the site, one include a line."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("trials.urls")),
    path("", include("explainers.urls")),
    path("updates/", include("subscriptions.urls")),
    path("", include("config.pages.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
