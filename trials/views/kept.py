"""A list of trials that lies in the visitor's browser, or in an address that somebody shares. We store neither."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trials.models import Trial
from trials.pages.asked_ids import asked_ids, query

MOST = 30


def page(request: HttpRequest) -> HttpResponse:
    """Without IDs a page that a script fills from the browser's own list; with `?id=`, those trials. One query."""
    asked = asked_ids(request.GET, MOST)
    rows = Trial.objects.listed().select_related("plain_summary").filter(nct_id__in=asked.ids) if asked.ids else []
    found = {trial.nct_id: trial for trial in rows}
    trials = [found[nct_id] for nct_id in asked.ids if nct_id in found]
    context = {
        "trials": trials,
        "missing": [nct_id for nct_id in asked.ids if nct_id not in found] + asked.others,
        "left_out": asked.left_out,
        "ids": " ".join(trial.nct_id for trial in trials),
        "address": f"{settings.SITE_URL}/kept/?id={query(trial.nct_id for trial in trials)}",
        "most": MOST,
    }
    return render(request, "trials/kept.html", context)
