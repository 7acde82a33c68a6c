"""For the appointment: one trial on one page, a few trials side by side. Nothing is stored: all is in the address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from trials.models import Trial
from trials.pages import questions, sites, standing, story, trial_page
from trials.views.finding import about_trial
from trials.views.trial import chips, polled_at

MOST = 4


@about_trial
def sheet(request: HttpRequest, trial: Trial) -> HttpResponse:
    record = trial.record
    first, _, more = sites.split(record)
    context = {
        "trial": trial,
        "record": record,
        "summary": trial.summary,
        "in_short": trial_page.short_sentences(trial, timezone.now().date()),
        "conditions": chips(trial),
        "facts": trial_page.facts(record),
        "truth": standing.truth(record, timezone.now().date()),
        "updates": trial_page.grouped(list(trial.changes.newest_first()[:20]))[:2],
        "first_sites": first,
        "more_site_count": more,
        "questions": questions.for_trial(record),
        "polled_at": polled_at(),
    }
    return render(request, "trials/sheet.html", context)


def compare(request: HttpRequest) -> HttpResponse:
    """`?id=NCT...&id=NCT...`, two to four; the others are left out, and that is said."""
    asked = list(dict.fromkeys(value.strip().upper()[:11] for value in request.GET.getlist("id")[:50]))
    wanted = [value for value in asked if len(value) == 11 and value.startswith("NCT") and value[3:].isdigit()][:MOST]
    found = {trial.nct_id: trial for trial in Trial.objects.listed().for_page().filter(nct_id__in=wanted)}
    trials = [found[nct_id] for nct_id in wanted if nct_id in found]
    context = {
        "trials": trials,
        "rows": _rows(trials),
        "missing": [value for value in asked if value and value not in found],
        "asked": asked[:MOST] + [""] * (MOST - len(asked)),
    }
    return render(request, "trials/compare.html", context)


def _rows(trials: list[Trial]) -> list[tuple[str, list[str]]]:
    facts = [dict(trial_page.facts(trial.record)) for trial in trials]
    labels = list(dict.fromkeys(label for each in facts for label in each))
    rows = [(label, [each.get(label, "The record does not say") for each in facts]) for label in labels]
    ends = [story.date_words(trial.record.completion) for trial in trials]
    return [*rows, ("Ends", ends)] if trials else []
