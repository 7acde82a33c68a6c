from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from trials import fast_templates
from trials.freshness import as_of
from trials.models import Trial
from trials.pages import reading, trial_page
from trials.pages.in_search import InSearch
from trials.views.finding import about_trial


@about_trial
def page(request: HttpRequest, trial: Trial) -> HttpResponse:
    """Two queries for most trials: the trial with all of its own, and when the registry was last checked."""
    context = trial_page.context(trial, trial.chips, reading.changes(trial), polled_at(), timezone.now().date())
    context["explainers"] = reading.explainers(trial)
    context["body"] = fast_templates.rendered("trial/body.html", context, request)
    context["inside"] = inside = InSearch.of(request.GET)
    response = render(request, "trials/trial.html", context)
    if inside is not None and inside.tells_a_place:
        response["Cache-Control"] = "private"  # no cache of ours or others keeps where a visitor is
    return response


def polled_at() -> datetime | None:
    """What "we checked the registry" means."""
    return as_of().checked_at
