"""The pages of our own texts. The paths are a contract: they stay stable once they exist."""

from django.urls import path

from explainers import feeds
from explainers.views import explainers, glossary, images, reports, versions

app_name = "explainers"
urlpatterns = [
    path("explainers/", explainers.index, name="index"),
    path("explainers/feed/", feeds.feed, name="feed"),
    path("explainers/category/<slug:slug>/", explainers.category, name="category"),
    path("explainers/images/<slug:name>/", images.image, name="image"),
    path("explainers/<slug:slug>/", explainers.explainer, name="explainer"),
    path("explainers/<slug:slug>/versions/", versions.explainer, name="explainer-versions"),
    path("trials/<nct:nct_id>/summary/", versions.summary, name="summary-versions"),
    path("glossary/", glossary.glossary, name="glossary"),
    path("report/", reports.report, name="report"),
    path("corrections/", reports.corrections, name="corrections"),
]
