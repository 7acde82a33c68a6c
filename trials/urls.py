"""Pages about trials and conditions. Readers keep these paths in mails and bookmarks: they stay as they are."""

from django.urls import path, register_converter

from trials import feeds
from trials.converters import NctIdConverter
from trials.views import (
    changes,
    compare,
    conditions,
    contacts,
    data,
    fit,
    home,
    hospitals,
    kept,
    list_data,
    lists,
    schemas,
    sheets,
    site_list,
    treatments,
    trial,
    walking,
    weekly,
)

register_converter(NctIdConverter, "nct")

app_name = "trials"
urlpatterns = [
    path("", home.home, name="home"),
    path("trials/", lists.trials, name="list"),
    path("trials/suggest/", lists.suggest, name="suggest"),
    path("trials/compare/", compare.page, name="compare"),
    path("trials/<nct:nct_id>/", trial.page, name="trial"),
    path("trials/<nct:nct_id>/step/", walking.step, name="step"),
    path("trials/<nct:nct_id>.json", data.trial, name="trial-json"),
    path("trials/<nct:nct_id>/contacts/", contacts.reveal, name="reveal"),
    path("trials/<nct:nct_id>/changes/", changes.every, name="changes"),
    path("trials/<nct:nct_id>/changes/<int:version>/", changes.one, name="update"),
    path("trials/<nct:nct_id>/sheet/", sheets.sheet, name="sheet"),
    path("trials/<nct:nct_id>/sheet.txt", sheets.as_text, name="sheet-text"),
    path("trials/<nct:nct_id>/fit/", fit.page, name="fit"),
    path("trials/<nct:nct_id>/sites/", site_list.page, name="sites"),
    path("kept/", kept.page, name="kept"),
    path("trials/<nct:nct_id>/feed/", feeds.trial, name="trial-feed"),
    path("trials.json", list_data.as_json, name="list-json"),
    path("trials.csv", list_data.as_csv, name="list-csv"),
    path("schema/<slug:name>.json", schemas.page, name="schema"),
    path("changes/feed/", feeds.changes, name="changes-feed"),
    path("conditions/", conditions.index, name="conditions"),
    path("conditions/<slug:slug>/", conditions.condition, name="condition"),
    path("conditions/<slug:slug>.json", data.condition, name="condition-json"),
    path("conditions/<slug:slug>/weekly/", weekly.newest, name="weekly-newest"),
    path("conditions/<slug:slug>/weekly/<str:week>/", weekly.week, name="weekly"),
    path("conditions/<slug:slug>/feed/", feeds.condition, name="condition-feed"),
    path("treatments/", treatments.index, name="treatments"),
    path("treatments/<slug:slug>/", treatments.page, name="treatment"),
    path("treatments/<slug:slug>.json", treatments.data["json"], name="treatment-json"),
    path("treatments/<slug:slug>.csv", treatments.data["csv"], name="treatment-csv"),
    path("treatments/<slug:slug>/feed/", treatments.data["feed"], name="treatment-feed"),
    path("sites/", hospitals.index, name="site-index"),
    path("sites/in/<path:area>/", hospitals.area, name="sites-in"),
    path("sites/<slug:slug>/", hospitals.page, name="site"),
    path("sites/<slug:slug>.json", hospitals.data["json"], name="site-json"),
    path("sites/<slug:slug>.csv", hospitals.data["csv"], name="site-csv"),
    path("sites/<slug:slug>/feed/", hospitals.data["feed"], name="site-feed"),
]
