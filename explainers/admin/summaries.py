"""The list of plain summaries. Texts are written on the page of writing.py; every step goes through publishing."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from explainers import publishing
from explainers.admin import writing
from explainers.admin.doer import doer
from explainers.models import PlainSummary, SummaryText, SummaryVersion
from trials.admin.filters import NamedValues

SHOWN = (
    "trial", *SummaryText.names(), "state", "pending_state", "author", "reviewer_name", "published_at", "checked_at",
    "checked_version", "is_sample",
)  # fmt: skip


class VersionInline(admin.TabularInline):
    model = SummaryVersion
    fields = ("number", "title", "published_at", "author_name", "reviewer_name", "checked_version")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PlainSummary)
class PlainSummaryAdmin(admin.ModelAdmin):
    list_display = ("trial", "title", "state", "pending_state", "author", "reviewer", "checked_version", "is_sample")
    list_filter = ("state", ("pending_state", NamedValues), "is_sample")
    search_fields = ("trial__nct_id", "title", "summary")
    list_select_related = ("trial", "author", "reviewer")
    inlines = (VersionInline,)
    actions = ("submit", "publish", "send_back", "no_rewrite_needed")
    fields = SHOWN
    readonly_fields = SHOWN

    def get_urls(self) -> list[Any]:
        return [*writing.urls(self), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A text begins at its trial, and the queue leads there."""
        messages.info(request, "Choose a trial in the queue, or type its NCT ID there.")
        return redirect("admin:index")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        summary = self.get_object(request, object_id)
        if summary is None or request.method == "POST" or not self.has_view_permission(request, summary):
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("admin:summary-write", summary.trial.nct_id)

    @admin.action(description="Send to review", permissions=["change"])
    def submit(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, publishing.submit, "sent to review")

    @admin.action(description="Approve and publish", permissions=["review"])
    def publish(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, _publish_if_plain, "published")

    @admin.action(description="Send back to the author", permissions=["review"])
    def send_back(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, publishing.send_back, "sent back")

    @admin.action(description="No rewrite needed: still correct", permissions=["review"])
    def no_rewrite_needed(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, publishing.still_correct, "found still correct")

    def _each(
        self, request: HttpRequest, chosen: QuerySet[PlainSummary], step: Callable[..., PlainSummary], done: str
    ) -> None:
        count = 0
        for summary in chosen:
            try:
                step(summary, by=doer(request))
            except publishing.PublishingError as error:
                messages.error(request, f"{summary.trial}: {error}")
            else:
                self.log_change(request, summary, done)
                count += 1
        if count:
            messages.success(request, f"{count} {'text' if count == 1 else 'texts'} {done}.")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("explainers.review_plainsummary")


def _publish_if_plain(summary: PlainSummary, *, by: User) -> PlainSummary:
    """From a list nobody sees what could mislead."""
    if publishing.measured(summary).misleading:
        raise publishing.PublishingError("Something in it could mislead a reader. Open it and look.")
    return publishing.publish(summary, by=by)
