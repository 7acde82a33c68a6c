"""Open data: the .json twins of pages. No contact is ever in them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import conditional_page

from trials.models import Condition, Trial
from trials.pages import structured
from trials.views.conditions import open_first
from trials.views.finding import about_trial
from trials.views.list_data import facts
from trials.views.schemas import described


@conditional_page
@about_trial
def trial(request: HttpRequest, trial: Trial) -> HttpResponse:
    return described(structured.twin(trial), "trial")


@conditional_page
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Condition.objects.shown(), slug=slug)
    rows = open_first(Trial.objects.listed().filter(conditions=row))[:200]
    answer = {"name": row.name, "slug": row.slug, "trial_count": row.trial_count, "open_count": row.open_count,
              "trials": [facts(trial) for trial in rows]}  # fmt: skip
    return described(answer, "condition")
