"""The editors' queue, as the first thing on the admin's first page."""

import re
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.text import slugify

from explainers.desk import Asked, queue
from explainers.next_step import next_step
from trials import vocabulary

register = template.Library()


@register.inclusion_tag("explainers/desk/queue.html", takes_context=True)
def editors_queue(context: template.Context) -> dict[str, Any]:
    request = context["request"]
    if not request.user.has_perm("explainers.view_plainsummary"):
        return {"queue": None}
    given = request.GET
    page = given.get("page", "")
    asked = Asked(
        condition=slugify(given.get("condition", "")[:120]), status=given.get("status", "")[:40], mine="mine" in given,
        page=int(page) if re.fullmatch(r"[1-9]\d?", page) else 1,
    )  # fmt: skip
    found = queue(asked, user_id=request.user.pk, at=timezone.now())
    may_write, may_review = (request.user.has_perm(f"explainers.{name}_plainsummary") for name in ("change", "review"))
    return {
        "queue": found,
        "next": next_step(found, user_id=request.user.pk, may_write=may_write, may_review=may_review),
        "asked": asked,
        "pages": f"?{urlencode([('condition', asked.condition), ('status', asked.status)])}&",
        "statuses": [(value.lower().replace("_", "-"), words.label) for value, words in vocabulary.STATUS.items()],
        "may_review": may_review,
        "may_write": may_write,
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def overtaken_by(summary: Any) -> Any:
    return summary.overtaken_by(summary.trial.changes.all())
