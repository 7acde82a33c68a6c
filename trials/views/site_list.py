from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trials.models import Trial
from trials.pages import reading, site_list, sites
from trials.pages.nearest import asked_place
from trials.views.finding import about_trial


@about_trial
def page(request: HttpRequest, trial: Trial) -> HttpResponse:
    """All sites of a trial, a hundred a page, those of one country, or the nearest to a place. Two queries."""
    record = trial.record
    number = request.GET.get("page", "1")
    is_number = number.isascii() and number.isdigit() and len(number) < 6
    known = reading.pages(trial, "site")
    shown = site_list.page_of(record, request.GET.get("country", "")[:100], int(number), known) if is_number else None
    if shown is None:
        raise Http404("No such page of sites")
    near = asked_place(request.GET.get("near", ""))
    context = {
        "near": near,
        "nearest": site_list.nearest_to(record, near.place, known) if near.place else None,
        "trial": trial,
        "record": record,
        "conditions": trial.chips,
        "shown": shown,
        "site_countries": site_list.by_country(record),
        "site_count": len(record.sites),
        "can_reveal": sites.has_contacts(record),
        "calling": sites.CALLING.get(record.status, ""),
    }
    response = render(request, "trials/sites.html", context)
    if near.text:
        response["Cache-Control"] = "private"  # no cache of ours or others keeps where a visitor is
    return response
