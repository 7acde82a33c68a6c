"""All that one mail tells, for its reader: a mail shows its 25 most important trials."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from subscriptions import items, links
from subscriptions.models import Email, Notification
from subscriptions.views.shared import stale, token_page

MOST = 2_000


@token_page
@require_safe
def mail(request: HttpRequest, token: str) -> HttpResponse:
    try:
        pk, message_id, mark = links.read_mail(token)
    except links.BadLink:
        return stale(request)
    of_reader = Email.objects.filter(subscriber__erased_at=None, subscriber__key__startswith=mark)
    email = of_reader.filter(pk=pk, message_id=message_id).first()
    told = items.told(_notifications(email), most=MOST) if email else None
    if email is None or told is None or not told.items:
        return stale(request)
    return render(request, "subscriptions/mail.html", {"told": told, "sent_at": email.sent_at or email.created_at})


def _notifications(email: Email) -> list[Notification]:
    """What had ended when the mail went was not in it; what has ended since was."""
    topics = ("subscription__trial__plain_summary", "subscription__trial__moved_to", "subscription__condition")
    texts = ("subscription__explainer__live", "explainer_update__explainer__live")
    trials = ("change__trial__plain_summary", "change__trial__subscription_condition")
    told_by = Q(subscription__ended_at=None) | Q(subscription__ended_at__gt=email.sent_at or email.created_at)
    of_mail = Notification.objects.filter(told_by, email=email)
    return list(of_mail.select_related(*trials, *topics, *texts))
