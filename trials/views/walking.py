"""From a trial of a search to the one before or behind it."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from trials.pages.in_search import InSearch
from trials.search.asking import MOST
from trials.search.finding import nct_ids

_STEPS = {"previous": -1, "next": 1}
_NEARBY = 3
"""So far a trial may have moved in the list since it was read, and the way still goes on from it."""


def step(request: HttpRequest, nct_id: str) -> HttpResponse:
    """Two queries. At either end of the list, back to the list."""
    inside, move = InSearch.of(request.GET), _STEPS.get(request.GET.get("to", ""))
    if inside is None or move is None:
        raise Http404("No such step in a search")
    first = max(1, inside.at - _NEARBY)
    around = nct_ids(inside.asked, skip=first - 1, count=2 * _NEARBY + 1)
    places = {each: place for place, each in enumerate(around, first)}
    at = places.get(nct_id.upper(), inside.at) + move
    wanted = {place: each for each, place in places.items()}.get(at)
    if wanted is None or at > MOST:
        response = redirect(inside.back)
    else:
        response = redirect(reverse("trials:trial", args=[wanted]) + replace(inside, at=at).query)
    response["X-Robots-Tag"] = "noindex"
    return response
