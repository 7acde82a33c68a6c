"""The switch of all mail: breakers to close, a pause, and MAIL_HOLD to let go."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from subscriptions import pace
from subscriptions.models import Email, MailSwitch


@admin.register(MailSwitch)
class MailSwitchAdmin(admin.ModelAdmin[MailSwitch]):
    """Stop alerts and digests, let them go after a breaker opened, or let go what MAIL_HOLD holds."""

    change_form_template = "admin/subscriptions/mailswitch/change_form.html"
    list_display = ["__str__", "is_held", "is_bulk_paused", "open_until", "refusals", "reason"]
    readonly_fields = [
        "is_held", "hold_released_by", "hold_released_at", "open_until", "refusals", "reason", "next_slot_at",
        "tidied_at",
    ]  # fmt: skip
    fields = ["is_bulk_paused", *readonly_fields]
    actions = ["let_go"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="held by MAIL_HOLD", boolean=True)
    def is_held(self, switch: MailSwitch) -> bool:
        return pace.is_held(switch)

    @admin.action(description="Let mail go at once", permissions=["change"])
    def let_go(self, request: HttpRequest, chosen: QuerySet[MailSwitch]) -> None:
        pace.let_go(now=timezone.now())
        self.message_user(request, "Mail goes again.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view  # which asks for a fresh code before what ends with _release
        return [
            path("<int:pk>/release/", wrap(self.release), name="subscriptions_mailswitch_release"),
            path("<int:pk>/hold/", wrap(require_POST(self.hold)), name="subscriptions_mailswitch_hold"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        switch = self.get_object(request, object_id)
        is_held = isinstance(switch, MailSwitch) and pace.is_held(switch)
        hold = {"hold_is_set": settings.MAIL_HOLD, "is_held": is_held}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **hold})

    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET says what would go, POST lets it go."""
        switch, by = get_object_or_404(MailSwitch, pk=pk), self._administrator(request)
        waiting = _waiting()
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "switch": switch, "waiting": waiting,
                       "opts": self.opts, "title": "Let held mail go?"}  # fmt: skip
            return render(request, "admin/subscriptions/mailswitch/release.html", context)
        if not pace.is_held(switch):
            messages.error(request, "No mail is held by MAIL_HOLD.")
            return self._back(switch)
        pace.release_hold(by=by.get_username(), now=timezone.now())
        counts = ", ".join(f"{row['mails']} {row['lane']}" for row in waiting) or "nothing waited"
        self._note(by, switch, f"Let held mail go: {counts}")
        messages.success(request, "Mail goes. Set MAIL_HOLD empty at the next restart, so that nobody wonders.")
        return self._back(switch)

    def hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        switch, by = get_object_or_404(MailSwitch, pk=pk), self._administrator(request)
        pace.hold_again()
        self._note(by, switch, "Held mail again")
        messages.success(request, "Mail is held again, as MAIL_HOLD says.")
        return self._back(switch)

    def _administrator(self, request: HttpRequest) -> User:
        if not request.user.has_perm("subscriptions.change_mailswitch") or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def _note(self, by: User, switch: MailSwitch, words: str) -> None:
        LogEntry.objects.log_actions(by.pk, [switch], CHANGE, change_message=words, single_object=True)

    def _back(self, switch: MailSwitch) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:subscriptions_mailswitch_change", args=[switch.pk]))


def _waiting() -> list[dict[str, Any]]:
    """By lane: how many mails wait, and since when."""
    due = Email.objects.filter(state__in=Email.WAITING)
    lanes = due.values("lane").annotate(mails=Count("pk"), oldest=Min("created_at"))
    return [dict(row) for row in lanes.order_by("lane")]
