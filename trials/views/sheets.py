"""For the appointment: one trial on one page, a few trials side by side. Nothing is stored: all is in the address."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from trials.models import Trial
from trials.pages import questions, sites, standing, story, trial_page
from trials.records import NCT_ID
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
    """`?id=NCT...&id=NCT...` or `?id=NCT...+NCT...`, two to four; the others are left out, and that is said."""
    given = " ".join(request.GET.getlist("id")[:50]).upper()
    asked = list(dict.fromkeys(word[:20] for word in re.split(r"[^A-Z0-9]+", given[:2000]) if word))[:20]
    wanted = [word for word in asked if NCT_ID.fullmatch(word)][:MOST]
    found = {trial.nct_id: trial for trial in Trial.objects.listed().for_page().filter(nct_id__in=wanted)}
    trials = [found[nct_id] for nct_id in wanted if nct_id in found]
    context = {
        "trials": trials,
        "rows": _rows(trials),
        "missing": [word for word in asked if word not in found],
        "asked": " ".join(wanted),
    }
    return render(request, "trials/compare.html", context)


def _rows(trials: list[Trial]) -> list[tuple[str, list[str]]]:
    facts = [dict(trial_page.facts(trial.record)) for trial in trials]
    labels = list(dict.fromkeys(label for each in facts for label in each))
    rows = [(label, [each.get(label, "The record does not say") for each in facts]) for label in labels]
    ends = [story.date_words(trial.record.completion) for trial in trials]
    return [*rows, ("Ends", ends)] if trials else []
