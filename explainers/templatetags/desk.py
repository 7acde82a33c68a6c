"""The editors' queue, as the first thing on the admin's first page."""

from typing import Any

from django import template
from django.utils import timezone

from explainers.desk import Asked, queue
from trials import vocabulary

register = template.Library()


@register.inclusion_tag("explainers/desk/queue.html", takes_context=True)
def editors_queue(context: template.Context) -> dict[str, Any]:
    request = context["request"]
    if not request.user.has_perm("explainers.view_plainsummary"):
        return {"queue": None}
    given = request.GET
    asked = Asked(given.get("condition", "")[:120], given.get("status", "")[:40], "mine" in given)
    return {
        "queue": queue(asked, user_id=request.user.pk, at=timezone.now()),
        "asked": asked,
        "statuses": [(value.lower().replace("_", "-"), words.label) for value, words in vocabulary.STATUS.items()],
        "may_review": request.user.has_perm("explainers.review_plainsummary"),
        "may_write": request.user.has_perm("explainers.change_plainsummary"),
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def overtaken_by(summary: Any) -> Any:
    return summary.overtaken_by(summary.trial.changes.all())
