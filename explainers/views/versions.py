"""What our texts said before: every published version, dated and signed, and two of them compared."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from explainers import text_history
from explainers.models import Explainer, PlainSummary
from explainers.text_history import Text
from trials.models import Trial
from trials.views.finding import about_trial

SHOWN = 50
WITHDRAWN = "We have withdrawn this text."


@about_trial
def summary(request: HttpRequest, trial: Trial) -> HttpResponse:
    row: PlainSummary | None = getattr(trial, "plain_summary", None)
    if row is None or row.first_published_at is None:
        raise Http404("No text of this trial was published")
    if not row.is_published:
        return render(request, "errors/410.html", {"why": WITHDRAWN}, status=410)
    texts = text_history.of_summary(row.versions.all()[:SHOWN])
    context = {
        "heading": "What our summary said before", "of": trial.headline, "address": trial.get_absolute_url(),
        "trial": trial, "is_sample": row.is_sample, "checks": row.checks.all()[:SHOWN],
    }  # fmt: skip
    return _shown(request, texts, context)


def explainer(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Explainer.objects.select_related("live"), slug=slug)
    if row.state == Explainer.State.WITHDRAWN:
        return render(request, "errors/410.html", {"why": WITHDRAWN}, status=410)
    if row.live is None or not row.is_published:
        raise Http404("No such explainer")
    texts = text_history.of_explainer(row.versions.all()[:SHOWN])
    context = {
        "heading": "What this text said before", "of": row.live.title, "address": row.get_absolute_url(),
        "is_sample": row.is_sample, "checks": row.checks.all()[:SHOWN],
    }  # fmt: skip
    return _shown(request, texts, context)


def _shown(request: HttpRequest, texts: list[Text], context: dict[str, Any]) -> HttpResponse:
    context["texts"] = texts
    if "from" not in request.GET and "to" not in request.GET:
        return render(request, "explainers/versions.html", context)
    by_number = {str(text.number): text for text in texts}
    earlier, later = by_number.get(request.GET.get("from", "")), by_number.get(request.GET.get("to", ""))
    if earlier is None or later is None:
        raise Http404("No such version")
    if earlier.number > later.number:
        return redirect(f"{request.path}?from={later.number}&to={earlier.number}")
    context |= {"earlier": earlier, "later": later, "differences": text_history.differences(earlier, later)}
    return render(request, "explainers/versions.html", context)
