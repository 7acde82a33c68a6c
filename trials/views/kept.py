"""A list of trials that lies in the visitor's browser, or in an address that somebody shares. We store neither."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trials.models import Trial
from trials.pages.asked_ids import asked_ids, query
from trials.pages.asked_trials import asked_trials

MOST = 30


def page(request: HttpRequest) -> HttpResponse:
    """Without IDs a page that a script fills from the browser's own list; with `?id=`, those trials. One query,
    and two more for IDs that are not a trial's own."""
    asked = asked_ids(request.GET, MOST)
    found = asked_trials(Trial.objects.select_related("plain_summary"), asked.ids)
    trials = found.trials
    context = {
        "trials": trials,
        "missing": [*found.missing, *asked.others],
        "renamed": found.renamed,
        "left_out": asked.left_out,
        "ids": " ".join(trial.nct_id for trial in trials),
        "address": f"{settings.SITE_URL}/kept/?id={query(trial.nct_id for trial in trials)}",
        "most": MOST,
    }
    return render(request, "trials/kept.html", context)
