from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from trials.freshness import as_of
from trials.models import Condition, Trial
from trials.pages import trial_page
from trials.views.finding import about_trial


@about_trial
def page(request: HttpRequest, trial: Trial) -> HttpResponse:
    """Six queries at most: the trial, its conditions, changes, explainers (two), when the registry was last checked."""
    conditions = chips(trial)
    changes = list(trial.changes.newest_first()) if trial.update_count else []
    context = trial_page.context(trial, conditions, changes, polled_at(), timezone.now().date())
    context["explainers"] = naming(trial)
    return render(request, "trials/trial.html", context)


def chips(trial: Trial) -> list[Condition]:
    """The trial's conditions that readers see, MeSH terms first, then in the registrant's order."""
    shown = Condition.objects.shown().filter(trial_conditions__trial=trial)
    return list(shown.order_by("trial_conditions__position").only("name", "slug"))


def naming(trial: Trial) -> list[Any]:
    """The published explainers that name the trial: a relation, so that nothing here needs to know their app."""
    named = list(trial.explainer_mentions.order_by().values_list("id", flat=True))  # nearly always none
    published = trial.explainer_mentions.filter(id__in=named, explainer__state="published")
    shown = published.order_by("-explainer__checked_at").select_related("explainer__live", "explainer__category")
    return [mention.explainer for mention in shown] if named else []


def polled_at() -> datetime | None:
    """What "we checked the registry" means."""
    return as_of().checked_at
