"""The outbox and the runs: what was sent, what waits, and what needs a person."""

import re

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from subscriptions import addresses, letters
from subscriptions.admin.reading import ReadOnlyAdmin
from subscriptions.models import BounceReport, DigestRun, Email, MatchedRun, ProviderEvent

State = Email.State
_ADDRESS = re.compile(r"[^\s<>@;,:\"']+@[A-Za-z0-9.-]+")


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin[Email]):
    list_display = ["id", "kind", "state", "recipient", "attempts", "ambiguous", "code", "error", "due_at", "sent_at"]
    list_filter = ["state", "lane", "kind"]
    list_select_related = ["subscriber", "confirmation"]
    ordering = ["-id"]
    fields = [
        "kind", "lane", "state", "recipient", "preview_link", "message_id", "created_at", "due_at", "sent_at",
        "attempts", "ambiguous", "phase", "code", "error", "digest_run",
    ]  # fmt: skip
    readonly_fields = ["recipient", "preview_link"]
    actions = ["send_again", "give_up"]

    @admin.display(description="to")
    def recipient(self, email: Email) -> str:
        holder = email.subscriber or email.confirmation
        return addresses.masked(holder.email if holder else None)

    @admin.display(description="preview")
    def preview_link(self, email: Email) -> SafeString:
        url = reverse("admin:subscriptions_email_preview", args=[email.pk])
        return format_html('<a href="{}">How it looks</a>', url)

    def get_urls(self) -> list[URLPattern]:
        preview = path(
            "<int:pk>/preview/", self.admin_site.admin_view(self.preview), name="subscriptions_email_preview"
        )
        return [preview, *super().get_urls()]

    @method_decorator(csp_update({"style-src": [UNSAFE_INLINE]}))  # mail programs know no style sheets
    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The mail's HTML without its reader's own links."""
        email = Email.objects.filter(pk=pk).select_related("subscriber").first()
        if email is None or email.subscriber is None or not self.has_view_permission(request, email):
            raise Http404
        rows = list(email.notifications.select_related("subscription"))
        if email.subscriber.email is None or not rows:
            raise Http404
        return HttpResponse(letters.preview(email, email.subscriber, rows, now=timezone.now()))

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("subscriptions.change_email")

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Email]) -> None:
        stuck = chosen.filter(state__in=(State.FAILED, State.UNKNOWN))
        count = stuck.update(state=State.PENDING, due_at=timezone.now(), created_at=timezone.now(), attempts=0)
        self.message_user(request, f"Queued again: {count}. Only failed and parked mails can be.", messages.SUCCESS)

    @admin.action(description="Give up", permissions=["send"])
    def give_up(self, request: HttpRequest, chosen: QuerySet[Email]) -> None:
        open_ones = chosen.filter(state__in=(*Email.WAITING, State.FAILED, State.UNKNOWN))
        count = open_ones.update(state=State.CANCELLED)
        self.message_user(request, f"Given up: {count}.", messages.SUCCESS)


@admin.register(BounceReport)
class BounceReportAdmin(ReadOnlyAdmin[BounceReport]):
    list_display = ["id", "kind", "status", "email", "received_at"]
    fields = ["kind", "status", "email", "received_at", "message"]
    readonly_fields = ["message"]
    list_filter = ["kind"]
    list_select_related = ["email"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BounceReport]:
        """The messages are read one at a time."""
        return super().get_queryset(request).defer("raw")

    @admin.display(description="what came back, for 30 days")
    def message(self, report: BounceReport) -> str:
        text = bytes(report.raw or b"").decode("utf-8", "replace")
        return _ADDRESS.sub(lambda found: addresses.masked(found.group()), text) or "(not kept)"


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin[ProviderEvent]):
    list_display = ["id", "kind", "status", "email", "happened_at", "received_at", "settled_at"]
    list_filter = ["kind"]
    list_select_related = ["email"]
    ordering = ["-id"]


@admin.register(DigestRun)
class DigestRunAdmin(ReadOnlyAdmin[DigestRun]):
    list_display = ["frequency", "due_hour", "mails", "started_at", "finished_at"]
    list_filter = ["frequency"]
    ordering = ["-due_hour"]


@admin.register(MatchedRun)
class MatchedRunAdmin(ReadOnlyAdmin[MatchedRun]):
    list_display = ["run", "notifications", "started_at", "finished_at"]
    ordering = ["-run"]
