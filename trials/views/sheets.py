"""For the appointment: one trial on one page. Nothing is stored: what a visitor chose is in the address."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from trials.models import Trial
from trials.pages import appointment, questions
from trials.pages.appointment import Sheet
from trials.pages.nearest import AskedPlace, asked_place
from trials.views.finding import about_trial


@about_trial
def sheet(request: HttpRequest, trial: Trial) -> HttpResponse:
    """`?near=Boston&ask-cost=1&ask-placebo=1&chosen=1`. Three queries at most."""
    near, made = _made(request, trial)
    context = {
        "trial": trial,
        "record": trial.record,
        "conditions": trial.chips,
        "sheet": made,
        "near": near,
        "most": questions.MOST,
        "is_asked": bool(request.GET),
        "query": request.GET.urlencode(),
        "polled_at": trial.polled_at,
    }
    return render(request, "trials/sheet.html", context)


@about_trial
def as_text(request: HttpRequest, trial: Trial) -> HttpResponse:
    near, made = _made(request, trial)
    address = f"{settings.SITE_URL}{trial.get_absolute_url()}"
    text = appointment.as_text(made, trial, near, address, trial.polled_at)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["X-Robots-Tag"] = "noindex"
    return response


def _made(request: HttpRequest, trial: Trial) -> tuple[AskedPlace, Sheet]:
    """A browser sends no box that is not ticked: `chosen` tells none ticked from not asked yet."""
    asked = [name.removeprefix("ask-") for name in request.GET if name.startswith("ask-")]
    asks = asked if asked or "chosen" in request.GET else None
    near = asked_place(request.GET.get("near", ""))
    changes = list(trial.changes.newest_first()[:20]) if trial.update_count else []
    return near, appointment.sheet(trial, changes, near, asks, timezone.now().date())
