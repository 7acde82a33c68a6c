"""Signing up, confirming and leaving. GET shows a button, POST acts: mail scanners open every link."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from subscriptions import consent, leaving, letters, limits, links, signup, wished
from subscriptions.forms import AddressForm, SubscribeForm
from subscriptions.models import Confirmation, Subscription
from subscriptions.models.people import Scope
from subscriptions.tasks import deliver_confirmations
from subscriptions.views.shared import stale, token_page
from trials.limits import TooMany
from trials.waking import wake

ONE_CLICK = "One-Click"  # RFC 8058
Purpose = Confirmation.Purpose


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form_page(request, _topics_form(request), status=200)
    form = SubscribeForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=400)
    now, network = timezone.now(), limits.network_key(request)
    if wait := limits.wait_before_asking(network, now=now):
        raise TooMany(wait)
    signup.ask(form.wish(source=_source(request), network=network), now=now)
    wake(deliver_confirmations)
    return _check_mail(request, Purpose.SUBSCRIBE)


@csrf_exempt
@require_http_methods(["POST"])
def manage_link(request: HttpRequest) -> HttpResponse:
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _form_page(request, SubscribeForm(), status=400, errors=form.errors)
    now, network = timezone.now(), limits.network_key(request)
    if wait := limits.wait_before_asking(network, now=now):
        raise TooMany(wait)
    signup.ask_to_manage(form.cleaned_data["email"], network=network, now=now)
    wake(deliver_confirmations)
    return _check_mail(request, Purpose.MANAGE)


@token_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    try:
        pk, nonce = links.read_confirm(token)
    except links.BadLink:
        return stale(request)
    now, asked = timezone.now(), signup.find(pk, nonce, Purpose.SUBSCRIBE, Purpose.CHANGE)
    if asked is not None and request.method == "POST" and asked.is_open(now):
        signup.confirm(asked, now=now)
        asked = signup.find(pk, nonce, asked.purpose)
    if asked is None or not (asked.is_open(now) or signup.still_holds(asked)):
        return stale(request)
    context = {"wishes": letters.wish_lines(asked), "is_change": asked.purpose == Purpose.CHANGE}
    return render(request, f"subscriptions/{'confirmed' if asked.used_at else 'confirm'}.html", context)


@token_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    way_out = _way_out(links.read_unsubscribe, token)
    if way_out is None:
        return stale(request)
    if request.method != "POST":
        return _way_out_page(request, way_out, {"topics": _topics(way_out)})
    these = [] if request.POST.get("stop") == "all" else way_out.subscriptions
    return _unsubscribed(request, way_out.subscriber, these)


@token_page
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """For mail programs. Only the body of RFC 8058 acts; who opens the link sees a button that sends it."""
    way_out = _way_out(links.read_one_click, token)
    if way_out is None:
        return stale(request)
    if request.method == "POST" and _said(request).get("List-Unsubscribe") == ONE_CLICK:
        return _unsubscribed(request, way_out.subscriber, way_out.subscriptions)
    if request.method == "POST":
        return render(request, "subscriptions/unsubscribe.html", {"one_click": True}, status=400)
    return _way_out_page(request, way_out, {"one_click": True})


one_click.accepts_foreign_posts = True  # type: ignore[attr-defined]  # mail programs press it for their readers


def _way_out(read: Callable[[str], links.WayOut], token: str) -> links.WayOut | None:
    try:
        way_out = read(token)
    except links.BadLink:
        return None
    return way_out if leaving.is_for_its_reader(way_out.subscriber, way_out.mark) else None


def _said(request: HttpRequest) -> dict[str, str]:
    """What a mail program posted. Some end the body with a line break, which no form's encoding has."""
    return {name: str(value).rstrip("\r\n") for name, value in request.POST.items()}


def _way_out_page(request: HttpRequest, way_out: links.WayOut, context: dict[str, Any]) -> HttpResponse:
    """The buttons; or, to the holder of the link, that nothing is left to stop."""
    mine = Subscription.objects.filter(subscriber=way_out.subscriber)
    if not mine.live().exists():
        return render(request, "subscriptions/unsubscribed.html", {"ended": 0, "left": 0})
    of_link = mine.live().filter(pk__in=way_out.subscriptions) if way_out.subscriptions else mine.live()
    return render(request, "subscriptions/unsubscribe.html", {**context, "had_stopped": not of_link.exists()})


def _unsubscribed(request: HttpRequest, subscriber_id: int, subscriptions: list[int]) -> HttpResponse:
    ended = leaving.unsubscribe(subscriber_id, subscriptions, now=timezone.now())
    left = Subscription.objects.live().filter(subscriber=subscriber_id).count()
    return render(request, "subscriptions/unsubscribed.html", {"ended": ended, "left": left})


def _topics(way_out: links.WayOut) -> list[str]:
    """The link's own that still run; nothing where it stands for all."""
    live = Subscription.objects.live().filter(subscriber=way_out.subscriber, pk__in=way_out.subscriptions)
    return [each.topic for each in live.select_related("trial__plain_summary", "condition", "explainer__live")]


def _check_mail(request: HttpRequest, purpose: str) -> HttpResponse:
    response = render(request, "subscriptions/check_mail.html", {"purpose": purpose})
    response["Cache-Control"] = "no-store"
    return response


_NAMED = ("trial", "condition", "near", "within", "site", "treatment", "search", "explainer")
_DISTANCES = [("25km", "25 km (16 miles)"), ("50km", "50 km (31 miles)"), ("100km", "100 km (62 miles)"),
              ("250km", "250 km (155 miles)"), ("500km", "500 km (311 miles)")]  # fmt: skip


def _topics_form(request: HttpRequest) -> SubscribeForm:
    """The form for what the address names: ?trial=NCT..., ?condition=...&near=..., ?site=, ?treatment=, ?search="""
    values = {key: request.GET[key] for key in _NAMED if key in request.GET}
    return SubscribeForm({**values, "email": "nobody@example.org"} if values else None)


def _form_page(request: HttpRequest, form: SubscribeForm, *, status: int, errors: Any = None) -> HttpResponse:
    topics = _named(form) if form.is_bound else {}
    scopes = form.scopes if topics.get("condition") else [each for each in form.scopes if each[0] != Scope.BRIEF]
    context = {
        "form": form,
        "topics": topics,
        "scopes": scopes,
        "given": {
            "near": form.data.get("near", ""),
            "within": form.data.get("within") or "100km",
            "scope": request.GET.get("scope", ""),
        },
        "distances": _DISTANCES,
        "errors": errors or (form.errors if request.method == "POST" else {}),
        "consent": consent.text(settings.SITE_NAME),
    }
    return render(request, "subscriptions/subscribe.html", context, status=status)


def _named(form: SubscribeForm) -> dict[str, Any]:
    """What the form is about, as far as we know it; empty where it names nothing."""
    form.is_valid()
    topics: dict[str, Any] = {name: form.cleaned_data.get(name) for name in ("trial", "condition", "explainer")}
    other = form.cleaned_data.get("other") or signup.Other()
    if topics["trial"] is not None:
        trial = topics["trial"]
        topics |= {"treatments": wished.treatments_of(trial), "sites": wished.sites_of(trial)}
    if other.name:
        values = {name: form.data[name] for name in ("site", "treatment", "search") if form.data.get(name)}
        topics |= {"other": other, "other_words": _other_words(other), "other_fields": values.items()}
    return topics if any(topics.values()) else {}


def _other_words(other: signup.Other) -> str:
    """Shown to whoever typed it, so their own words may stand in it."""
    if other.site_key:
        return f"trials at {other.name}: new ones, and when it opens or closes for one"
    if other.treatment_key:
        return f"new trials of {other.name}, and trials that open"
    return f"new trials that fit your search, and trials that open: {other.name}"


def _source(request: HttpRequest) -> str:
    """The page whose form was sent: its path, not its query, and only if it is ours."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    return referrer.path if referrer.netloc == request.get_host() else ""
