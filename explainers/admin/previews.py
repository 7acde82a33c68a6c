"""What the text on the writing page would be: on the trial's page, and on paper. (A mail is shown by the mails' app.)

Each is a page of its own for the frame beside the text: it runs nothing, and its links go nowhere.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin

from explainers import newest
from explainers.admin.doer import doer
from trials.models import Trial
from trials.pages import reading, trial_frame, trial_page

VIEW = "explainers.view_plainsummary"
_PRINT = re.compile(r"@media print\s*\{")
_SHEETS = ("css/trial.css", "css/tools.css")
_FRAMED = {"frame-ancestors": [SELF]}


@xframe_options_sameorigin
@csp_replace(_FRAMED)  # type: ignore[arg-type]
def page(request: HttpRequest, nct_id: str) -> HttpResponse:
    return _trial_page(request, nct_id, on_paper=False)


@xframe_options_sameorigin
@csp_replace(_FRAMED)  # type: ignore[arg-type]
def paper(request: HttpRequest, nct_id: str) -> HttpResponse:
    return _trial_page(request, nct_id, on_paper=True)


def _trial_page(request: HttpRequest, nct_id: str, *, on_paper: bool) -> HttpResponse:
    trial = trial_with_words(nct_id, doer(request), typed="typed" in request.GET)
    context = trial_page.context(trial, trial.chips, reading.changes(trial), None, timezone.now().date())
    context["explainers"] = reading.explainers(trial)
    context |= trial_frame.pieces(context)
    context["paper"] = reverse("admin:summary-paper-css") if on_paper else ""
    response = render(request, "explainers/desk/preview.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response


def trial_with_words(nct_id: str, user: User, *, typed: bool) -> Trial:
    """The trial as if its newest words were published; with `typed`, those that `user` has not saved yet."""
    if not user.has_perm(VIEW):
        raise PermissionDenied
    trial = reading.trial(nct_id.upper())
    if trial is None:
        raise Http404("No such trial")
    return newest.as_if_published(trial, newest.words(trial, user, typed=typed), by=user, at=timezone.now())


def paper_css(request: HttpRequest) -> HttpResponse:
    """The rules that the site's style sheets keep for paper, for a screen."""
    rules = [_source("css/print.css"), *(rule for name in _SHEETS for rule in for_paper(_source(name)))]
    return HttpResponse("\n".join([*rules, "html { max-width: 210mm; }"]), content_type="text/css; charset=utf-8")


def _source(name: str) -> str:
    found = finders.find(name)
    return Path(found).read_text(encoding="utf-8") if isinstance(found, str) else ""


def for_paper(css: str) -> Iterator[str]:
    """The insides of the `@media print` blocks."""
    for match in _PRINT.finditer(css):
        depth, end = 1, match.end()
        while depth and end < len(css):
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[match.end() : end - 1].strip()
