"""The pages of our own texts."""

from django.urls import URLPattern

app_name = "explainers"
urlpatterns: list[URLPattern] = []
