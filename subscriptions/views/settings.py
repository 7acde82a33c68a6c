"""A reader's own page, entered by a mailed link: list, pace, pause, new address, export, erase."""

import json
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from subscriptions import leaving, limits, links, readers, signup
from subscriptions.forms import AddressForm, HoursForm, PaceForm, PauseForm, PlaceForm
from subscriptions.models import Confirmation, Subscriber
from subscriptions.tasks import deliver_confirmations
from subscriptions.views.shared import stale, token_page
from trials.limits import TooMany
from trials.waking import wake

INSIDE_FOR = timedelta(hours=1)
_READER, _SINCE, _MARK = "subscriptions.reader", "subscriptions.since", "subscriptions.mark"


@token_page
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link: a button that opens the settings, once."""
    try:
        pk, nonce = links.read_manage(token)
    except links.BadLink:
        return stale(request)
    asked, now = signup.find(pk, nonce, Confirmation.Purpose.MANAGE), timezone.now()
    if asked is None or not asked.is_open(now):
        return stale(request)
    if request.method != "POST":
        return render(request, "subscriptions/enter.html")
    reader = readers.enter(asked, now=now)
    if reader is None:
        return stale(request)
    request.session.cycle_key()
    request.session[_READER], request.session[_SINCE] = reader.pk, now.timestamp()
    request.session[_MARK] = reader.address_mark
    return redirect("subscriptions:settings")


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def own_settings(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    if reader is None:
        return stale(request)
    said = ""
    if request.method == "POST":
        act = _ACTIONS.get(request.POST.get("action", ""))
        said = act(request, reader) if act else "We did not understand that. Nothing was changed."
        reader = _reader(request)
        if reader is None:
            return render(request, "subscriptions/left.html", {"said": said})
    return _page(request, reader, said)


@never_cache
@csrf_protect
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    if reader is None:
        return stale(request)
    text = json.dumps(readers.export(reader, site=settings.SITE_NAME), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="updates.json"'}
    return HttpResponse(text, content_type="application/json", headers=headers)


def _page(request: HttpRequest, reader: Subscriber, said: str) -> HttpResponse:
    context = {
        "reader": reader,
        "said": said,
        "subscriptions": readers.followed(reader),
        "pace": PaceForm(),
        "hours": HoursForm(
            kept=reader.time_zone,
            initial={
                "time_zone": reader.time_zone,
                "hour": reader.digest_hour,
                "weekday": reader.digest_weekday,
                "is_neutral": reader.is_neutral,
            },
        ),
        "is_paused": reader.paused_until is not None and reader.paused_until > timezone.now(),
    }
    return render(request, "subscriptions/settings.html", context)


def _reader(request: HttpRequest) -> Subscriber | None:
    since = request.session.get(_SINCE, 0)
    if timezone.now().timestamp() - since > INSIDE_FOR.total_seconds():
        return None
    reader = Subscriber.objects.filter(pk=request.session[_READER], erased_at=None).first()
    # Entered by the link of an earlier address: its mailbox may be somebody else's by now
    return reader if reader and reader.address_mark == request.session.get(_MARK) else None


def _set_pace(request: HttpRequest, reader: Subscriber) -> str:
    form = PaceForm(request.POST)
    if not form.is_valid():
        return "Choose how often, and what to tell you."
    values = form.cleaned_data
    found = readers.set_pace(reader, values["subscription"], frequency=values["frequency"], scope=values["scope"])
    return "Saved." if found else "That subscription has ended."


def _set_place(request: HttpRequest, reader: Subscriber) -> str:
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return " ".join(str(error) for errors in form.errors.values() for error in errors)
    saved = readers.set_place(reader, form.cleaned_data["subscription"], form.around())
    return "Saved." if saved else "That subscription has ended, or you follow that place already."


def _stop(request: HttpRequest, reader: Subscriber) -> str:
    number = request.POST.get("subscription", "")
    ended = leaving.unsubscribe(reader.pk, [int(number)], now=timezone.now()) if number.isdecimal() else 0
    return "Stopped." if ended else "That subscription had ended before."


def _stop_all(request: HttpRequest, reader: Subscriber) -> str:
    ended = leaving.unsubscribe(reader.pk, [], now=timezone.now())
    return f"Stopped: {ended}."


def _pause(request: HttpRequest, reader: Subscriber) -> str:
    form = PauseForm(request.POST)
    if not form.is_valid():
        return "Choose one, two or three months."
    until = timezone.now() + timedelta(days=30 * form.cleaned_data["months"])
    readers.pause(reader, until=until)
    return "Paused. What happens meanwhile comes in one mail afterwards."


def _resume(request: HttpRequest, reader: Subscriber) -> str:
    readers.pause(reader, until=None)
    return "Your mails go on."


def _set_hours(request: HttpRequest, reader: Subscriber) -> str:
    form = HoursForm(request.POST, kept=reader.time_zone)
    if not form.is_valid():
        return "Choose an hour, a day and a time zone from the lists."
    readers.set_hours(reader, **form.cleaned_data)
    return "Saved."


def _change(request: HttpRequest, reader: Subscriber) -> str:
    form = AddressForm(request.POST)
    if not form.is_valid():
        return "Type one email address, like name@example.org."
    now, network = timezone.now(), limits.network_key(request)
    if wait := limits.wait_before_asking(network, now=now):
        raise TooMany(wait)
    signup.ask_to_change(reader, form.cleaned_data["email"], network=network, now=now)
    wake(deliver_confirmations)
    return "We sent a mail to the new address. Press the button there to confirm it."


def _erase(request: HttpRequest, reader: Subscriber) -> str:
    leaving.erase(reader, now=timezone.now())
    _leave(request, reader)
    return "We erased your address and stopped all your mails."


def _leave(request: HttpRequest, reader: Subscriber) -> str:
    for name in (_READER, _SINCE, _MARK):
        request.session.pop(name, None)
    request.session.cycle_key()
    return "You left your settings."


_ACTIONS: dict[str, Callable[[HttpRequest, Subscriber], str]] = {
    "pace": _set_pace,
    "place": _set_place,
    "stop": _stop,
    "stop-all": _stop_all,
    "pause": _pause,
    "resume": _resume,
    "hours": _set_hours,
    "change": _change,
    "erase": _erase,
    "leave": _leave,
}
