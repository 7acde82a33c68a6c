from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trials.models import Condition, Trial, TrialChange
from trials.pages.finder import Row
from trials.pages.structured import website

SHOWN = 5


def home(request: HttpRequest) -> HttpResponse:
    context = {
        "newest": [Row(trial) for trial in Trial.objects.newest().select_related("plain_summary")[:SHOWN]],
        "recent": recent_changes(),
        "conditions": Condition.objects.shown().filter(trial_count__gt=0).order_by("-open_count", "name")[:12],
        "explainers": newest_explainers(),
        "trial_count": Trial.objects.listed().count(),
        "open_count": Trial.objects.open_now().count(),
        "json_ld": website(),
    }
    return render(request, "trials/home.html", context)


def recent_changes() -> list[TrialChange]:
    """The weightiest change of each of the trials that changed last."""
    rows = TrialChange.objects.of_updates().filter(trial__gone_at=None)
    seen: dict[int, TrialChange] = {}
    for change in rows.select_related("trial__plain_summary").order_by("-detected_at", "-rank", "id")[:60]:
        seen.setdefault(change.trial_id, change)
    return list(seen.values())[:SHOWN]


def newest_explainers() -> Any:
    """By way of the relation: this app does not import the one that stands on it."""
    model: Any = Condition._meta.get_field("explainers").related_model
    return model.objects.newest()[:3]
