from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from trials.models import Trial
from trials.pages import old_new, trial_page, versions
from trials.views.finding import about_trial


@about_trial
def every(request: HttpRequest, trial: Trial) -> HttpResponse:
    """All updates; with `?from=1&to=3`, what differs between those two versions."""
    changes = list(trial.changes.newest_first())
    kept = versions.kept(trial, changes)
    context = {"trial": trial, "conditions": trial.chips, "versions": kept}
    if "from" in request.GET or "to" in request.GET:
        return _between(request, trial, context, kept)
    return render(request, "trials/changes.html", {**context, "updates": trial_page.grouped(changes)})


def _between(
    request: HttpRequest, trial: Trial, context: dict[str, object], kept: list[versions.Version]
) -> HttpResponse:
    by_number = {str(version.number): version for version in kept}
    earlier, later = by_number.get(request.GET.get("from", "")), by_number.get(request.GET.get("to", ""))
    if earlier is None or later is None:
        raise Http404("No such version")
    if earlier.number > later.number:
        return redirect(f"{request.path}?from={later.number}&to={earlier.number}")
    found = versions.differences(trial, earlier.number, later.number)
    context |= {"earlier": earlier, "later": later, "differences": found}
    return render(request, "trials/versions.html", context)


@about_trial
def one(request: HttpRequest, trial: Trial, version: int) -> HttpResponse:
    updates = trial_page.grouped(list(trial.changes.filter(version=version).newest_first()))
    if not updates:
        raise Http404("No such update")
    shown = [versions.Difference(change.sentence, old_new.compared(change)) for change in updates[0].changes]
    context = {
        "trial": trial, "conditions": trial.chips, "update": updates[0], "differences": shown, "version": version,
    }  # fmt: skip
    return render(request, "trials/update.html", context)
