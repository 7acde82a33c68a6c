"""Open data: the .json twins of pages. No contact is ever in them."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import conditional_page

from trials.models import Condition, Trial
from trials.pages import structured
from trials.views.conditions import open_first
from trials.views.finding import about_trial
from trials.views.list_data import facts


@conditional_page
@about_trial
def trial(request: HttpRequest, trial: Trial) -> HttpResponse:
    return JsonResponse(structured.twin(trial), json_dumps_params={"ensure_ascii": False})


@conditional_page
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Condition.objects.shown(), slug=slug)
    rows = open_first(Trial.objects.listed().filter(conditions=row))[:200]
    return JsonResponse(
        {"name": row.name, "slug": row.slug, "trial_count": row.trial_count, "open_count": row.open_count,
         "trials": [facts(trial) for trial in rows]}
    )  # fmt: skip
