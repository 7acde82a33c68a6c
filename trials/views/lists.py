from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from trials import listing, vocabulary
from trials.models import Condition, Trial, TrialAlias

COMMON = 30
"""How many conditions the filter offers; every other is one search or one page away."""


def trials(request: HttpRequest) -> HttpResponse:
    wanted = listing.nct_id_in(request.GET.get("q", ""))
    if wanted and (Trial.objects.filter(nct_id=wanted).exists() or TrialAlias.objects.filter(alias=wanted).exists()):
        return redirect("trials:trial", wanted)
    results = listing.find(request.GET)
    slug = results.asked.get("condition", "")
    context = {
        "results": results,
        "asked": results.asked,
        "named": Condition.objects.filter(slug=slug).first() if slug else None,
        "common": Condition.objects.shown().filter(trial_count__gt=0).order_by("-trial_count", "name")[:COMMON],
        "choices": CHOICES,
        "here": urlencode(results.asked),
        "uses_more": any(name in results.asked for name in ("condition", "phase", "type", "state", "age", "sex")),
        "is_filtered": any(name in results.asked for name in ("q", "condition", "phase", "type", "country", "state")),
    }
    return render(request, "trials/list.html", context)


def _choices(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(value.lower().replace("_", "-"), label) for value, label in table.items()]


_STATUSES = {value: words.label for value, words in vocabulary.STATUS.items()}
CHOICES = {
    "status": [("open", "Open now"), ("any", "Any status"), *_choices(_STATUSES)],
    "phase": [("", "Any phase"), *_choices(vocabulary.PHASE)],
    "type": [("", "Any kind"), *_choices(vocabulary.STUDY_TYPE)],
    "sex": [("", "Any"), ("female", "Women and girls"), ("male", "Men and boys")],
    "sort": list(listing.SORTS.items()),
}
