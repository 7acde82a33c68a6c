"""A few trials side by side. Nothing is stored: all is in the address."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from trials.models import Trial
from trials.pages import comparison
from trials.pages.asked_ids import asked_ids
from trials.pages.asked_trials import asked_trials
from trials.pages.nearest import AskedPlace, asked_place

MOST = 4


def page(request: HttpRequest) -> HttpResponse:
    """`?id=NCT...&id=NCT...` or `?id=NCT...+NCT...`, two to four; what is left out is said. One query, and
    two more for IDs that are not a trial's own. A form's boxes lead to the address that can be shared."""
    asked = asked_ids(request.GET, MOST)
    near = asked_place(request.GET.get("near", ""))
    if any(name.startswith("id-") for name in request.GET):
        return redirect(_address(near, [*asked.ids, *asked.left_out]))
    found = asked_trials(Trial.objects.for_page(), asked.ids)
    trials = found.trials
    every = comparison.parts(trials, near.place) if len(trials) > 1 else []
    is_short = request.GET.get("only") == "differs"
    ids = [trial.nct_id for trial in trials]
    context = {
        "columns": [(letter, trial, _address(near, _without(ids, trial.nct_id)))
                    for letter, trial in zip(comparison.LETTERS, trials, strict=False)],
        "parts": comparison.only_differing(every) if is_short else every,
        "in_words": comparison.in_words(every) if every else [],
        "is_short": is_short,
        "other_view": _address(near, ids) + ("" if is_short else "&only=differs"),
        "missing": [*found.missing, *asked.others],
        "renamed": found.renamed,
        "left_out": asked.left_out,
        "asked": " ".join([*ids, *found.missing]),
        "near": near,
    }  # fmt: skip
    return render(request, "trials/compare.html", context)


def _without(ids: list[str], nct_id: str) -> list[str]:
    return [other for other in ids if other != nct_id]


def _address(near: AskedPlace, ids: list[str]) -> str:
    parameters = [("id", nct_id) for nct_id in ids] + ([("near", near.text)] if near.text else [])
    return f"/trials/compare/?{urlencode(parameters)}"
