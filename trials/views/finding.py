"""From the NCT ID in an address to its trial: the one place that knows other cases, aliases and gone trials."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render

from trials.models import TrialAlias
from trials.pages import reading

TrialView = Callable[..., HttpResponse]


def about_trial(view: TrialView) -> TrialView:
    """The view gets the trial, its document and its summary, read in one query. Other addresses of it redirect; a
    trial that the registry dropped answers 410 with its last record."""

    @wraps(view)
    def found(request: HttpRequest, nct_id: str, **kwargs: Any) -> HttpResponse:
        wanted = nct_id.upper()
        trial = reading.trial(wanted)
        if trial is None:
            alias = TrialAlias.objects.filter(alias=wanted).select_related("trial").first()
            if alias is None:
                raise Http404("No trial with this NCT ID")
            return _moved(request, nct_id, alias.trial.nct_id)
        if nct_id != wanted:
            return _moved(request, nct_id, wanted)
        if trial.moved_to is not None:
            return _moved(request, nct_id, trial.moved_to.nct_id)
        if trial.gone_at is not None:
            return render(request, "trials/gone.html", {"trial": trial, "record": trial.record}, status=410)
        return view(request, trial, **kwargs)

    return found


def _moved(request: HttpRequest, asked: str, true: str) -> HttpResponse:
    return HttpResponsePermanentRedirect(request.get_full_path().replace(asked, true, 1))
