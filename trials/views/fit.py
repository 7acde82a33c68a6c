from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trials import vocabulary
from trials.models import Trial
from trials.pages.fit import fit_list
from trials.views.finding import about_trial


@about_trial
def page(request: HttpRequest, trial: Trial) -> HttpResponse:
    """Two queries. The page has no form: what is ticked has no way to us."""
    record = trial.record
    context = {
        "trial": trial,
        "record": record,
        "conditions": trial.chips,
        "fit": fit_list(record),
        "status_words": vocabulary.status_words(record.status),
    }
    return render(request, "trials/fit.html", context)
