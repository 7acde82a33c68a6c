from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trials.models import Trial
from trials.pages import old_new, trial_page
from trials.views.finding import about_trial
from trials.views.trial import chips


@about_trial
def every(request: HttpRequest, trial: Trial) -> HttpResponse:
    updates = trial_page.grouped(list(trial.changes.newest_first()))
    return render(request, "trials/changes.html", {"trial": trial, "conditions": chips(trial), "updates": updates})


@about_trial
def one(request: HttpRequest, trial: Trial, version: int) -> HttpResponse:
    updates = trial_page.grouped(list(trial.changes.filter(version=version).newest_first()))
    if not updates:
        raise Http404("No such update")
    shown = [(change, old_new.compared(change)) for change in updates[0].changes]
    context = {"trial": trial, "conditions": chips(trial), "update": updates[0], "shown": shown, "version": version}
    return render(request, "trials/update.html", context)
