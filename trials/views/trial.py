from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from trials.models import Trial
from trials.pages import reading, trial_frame, trial_page
from trials.pages.in_search import InSearch
from trials.views.finding import about_trial


@about_trial
def page(request: HttpRequest, trial: Trial) -> HttpResponse:
    """One query for most trials: the trial with all of its own, and when the registry was last checked."""
    context = trial_page.context(trial, trial.chips, reading.changes(trial), trial.polled_at, timezone.now().date())
    context["explainers"] = reading.explainers(trial)
    inside = InSearch.of(request.GET)
    response = HttpResponse(trial_frame.filled(request, context, inside))
    if inside is not None and inside.tells_a_place:
        response["Cache-Control"] = "private"  # no cache of ours or others keeps where a visitor is
    return response
