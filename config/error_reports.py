"""Reports of faults to a Sentry server, where SENTRY_DSN names one. They pass the log's redaction, and carry less."""

from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import redaction

_DROPPED = ("user", "breadcrumbs", "extra", "server_name", "modules")
_KEPT_OF_REQUEST = ("method", "url")


def start() -> None:
    if not settings.SENTRY_DSN:
        return
    try:
        import sentry_sdk
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN is set, but the extra 'sentry' is not installed.") from error
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
        send_client_reports=False,
        server_name="",
        before_send=cast(Any, scrubbed),  # their Event is a dict under a name of its own
    )


def scrubbed(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """What failed and where; nothing of who asked, nor of what they sent."""
    kept = {name: value for name, value in event.items() if name not in _DROPPED}
    if request := kept.get("request"):
        kept["request"] = {name: request[name] for name in _KEPT_OF_REQUEST if name in request}
    clean: dict[str, Any] = _scrub(kept)
    return clean


def _scrub(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _scrub(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(each) for each in value]
    if isinstance(value, str):
        return redaction.scrub(value, lambda address: redaction.stand_in(address, f"log:{settings.SUPPRESSION_PEPPER}"))
    return value
