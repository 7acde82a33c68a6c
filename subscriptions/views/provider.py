"""The address that a mail provider reports to. It exists where a provider is configured, for that one alone."""

import logging
from collections.abc import Callable

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from subscriptions import provider_events

log = logging.getLogger(__name__)


class _Events(AnymailBaseWebhookView):
    """The library checks and reads; what an event means is said by a call, not by its signal."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            self.run_validators(request)
        except AnymailWebhookValidationFailure:
            log.warning("A report in the name of our mail provider was not theirs.")
            return HttpResponse("Who are you?", status=401, headers={"WWW-Authenticate": 'Basic realm="reports"'})
        try:
            events = self.parse_events(request)
        except (AnymailError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            log.warning("A report of our mail provider could not be read (%s).", type(error).__name__)
            return HttpResponse("We do not understand this report.", status=400)
        for event in events:
            provider_events.receive(self.esp_name.lower(), event, now=timezone.now())
        return HttpResponse()


class _Mailgun(_Events, MailgunTrackingWebhookView):
    """Checks the secret and Mailgun's signature."""


class _Postmark(_Events, PostmarkTrackingWebhookView):
    """Checks the secret; Postmark signs nothing."""


_VIEWS: dict[str, Callable[..., HttpResponse]] = {"mailgun": _Mailgun.as_view(), "postmark": _Postmark.as_view()}


@csrf_exempt
@never_cache
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    if provider != settings.WEBHOOK_PROVIDER or not settings.ANYMAIL["WEBHOOK_SECRET"]:
        raise Http404("No such provider")
    return _VIEWS[provider](request)


webhook.accepts_foreign_posts = True  # type: ignore[attr-defined]  # the provider's machines post here
