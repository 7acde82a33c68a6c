"""The trial page's pieces, each rendered for itself, and the frame that they go into."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from trials import fast_templates
from trials.frames import frame
from trials.meta_tags import first_words, meta_tags
from trials.models import Trial
from trials.pages.in_search import InSearch

_GAPS = ("CANONICAL", "body", "crumbs", "inside", "json_ld", "meta", "nct_id", "robots")
_NOT_FOR_SEARCH_ENGINES = mark_safe('<meta name="robots" content="noindex, follow">')


def filled(request: HttpRequest, context: dict[str, Any], inside: InSearch | None) -> SafeString:
    """The whole page, of what `trial_page.context` gathered."""
    trial: Trial = context["trial"]
    around = {
        "json_ld": context["json_ld"],
        "nct_id": trial.nct_id,
        "CANONICAL": settings.SITE_URL + request.path,
        "inside": render_to_string("trials/_in_search.html", {"inside": inside}) if inside else "",
        "robots": _NOT_FOR_SEARCH_ENGINES if inside else "",
    }
    of_trial = frame("trials/trial.html", _GAPS, polled_at=context["polled_at"])
    return of_trial.filled({**pieces(context), **around})


def pieces(context: dict[str, Any]) -> dict[str, SafeString]:
    known = {**context, "SITE_URL": settings.SITE_URL}
    return {
        "meta": meta_tags(context["trial"].headline, _about(context)),
        "crumbs": fast_templates.rendered("trial/_crumbs.html", known),
        "body": fast_templates.rendered("trial/body.html", known),
    }


def _about(context: dict[str, Any]) -> str:
    summary = context["summary"]
    text = summary.summary if summary else " ".join(context["in_short"])
    return f"{context['status_words'].label}. {first_words(text)}"
