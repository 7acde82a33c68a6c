"""Shows a contact to the person who asks for it: by POST, so many times an hour, and never to a search engine."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from trials import limits
from trials.models import ContactReveal, Trial
from trials.pages import sites
from trials.records import Contact
from trials.views.finding import about_trial

PER_HOUR = 40
TOO_MANY = "We cannot show you more contacts for now. Try again in an hour, or look in the full record in the registry."


@csrf_exempt
@never_cache
@about_trial
def reveal(request: HttpRequest, trial: Trial) -> HttpResponse:
    if request.method != "POST":
        return redirect(trial.get_absolute_url() + "#contacts")
    found = sites.contacts_for(trial.record, request.POST.get("contact", ""))
    if found is None:
        return _answer(request, trial, "this trial", (), "The record no longer lists this contact.", 404)
    if not limits.allow(request, "contacts", PER_HOUR, seconds=3600):
        response = _answer(request, trial, found[0], (), TOO_MANY, 429)
        response["Retry-After"] = "3600"
        return response
    ContactReveal.objects.note(trial, timezone.now().date())
    return _answer(request, trial, *found)


def _answer(
    request: HttpRequest, trial: Trial, whose: str, contacts: tuple[Contact, ...], message: str = "", status: int = 200
) -> HttpResponse:
    rows = [_row(contact) for contact in contacts]
    if request.headers.get("Accept") == "application/json":
        response: HttpResponse = JsonResponse({"contacts": rows, "message": message}, status=status)
    else:
        context = {"trial": trial, "whose": whose, "contacts": rows, "message": message}
        response = render(request, "trials/contacts.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, noarchive"
    return response


def _row(contact: Contact) -> dict[str, Any]:
    """`dial` is what a phone takes: digits and a leading plus."""
    dial = "".join(c for c in contact.phone if c.isdigit() or c == "+")
    return {
        "name": contact.name,
        "phone": contact.phone,
        "extension": contact.phone_ext,
        "dial": dial,
        "email": contact.email,
    }
