"""The list of trials: search, filters, near me. Its questions are in the address, and nothing of them is stored."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control

from trials.models import Condition, Trial, TrialAlias
from trials.pages import finder
from trials.pages.not_known import no_such_page, not_known
from trials.search import suggesting
from trials.search.asking import MOST, nct_id_in, understood
from trials.search.finding import Found, find


def trials(request: HttpRequest) -> HttpResponse:
    """Six queries, seven near a place; one more where nothing fits."""
    wanted = nct_id_in(request.GET.get("q", ""))
    if wanted and (Trial.objects.filter(nct_id=wanted).exists() or TrialAlias.objects.filter(alias=wanted).exists()):
        return redirect("trials:trial", wanted)
    found = find(understood(request.GET))
    is_too_far = bool(no_such_page(found))
    shown = {**context(found), "not_known": not_known(found, request.GET), "is_too_far": is_too_far,
             "unknown_id": wanted}  # fmt: skip
    status = 400 if found.asked.problems else 404 if is_too_far else 200
    return render(request, "trials/list.html", shown, status=status)


def context(found: Found) -> dict[str, Any]:
    asked = found.asked
    return {
        "found": found,
        "asked": asked,
        "rows": finder.rows(found),
        "total": finder.total_label(found),
        "heading": finder.heading(found),
        "choices": finder.choices(found),
        "active": finder.active(found),
        "common_conditions": [] if asked.condition else Condition.objects.commonest()[:12],
        "wider": finder.wider(found),
        "other_places": finder.other_places(asked),
        "most": f"{MOST:,}",
        "previous": asked.address(page=asked.page - 1) if asked.page > 2 else asked.address(),
        "next": asked.address(page=asked.page + 1),
        "first": asked.address(),
        "query": asked.address().partition("/trials/")[2],
        "address": asked.address(page=asked.page) if asked.page > 1 else asked.address(),
    }  # fmt: skip


@cache_control(public=True, max_age=3600)
def suggest(request: HttpRequest) -> HttpResponse:
    """Conditions and words that begin with what is being typed."""
    return JsonResponse({"suggestions": suggesting.suggestions(request.GET.get("q", ""))})
