"""The import ledger: every run, and for a held one what it would bring and the two ways to end it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse

from trials import decisions, held, tasks, waking
from trials.admin.reading import ReadOnlyAdmin
from trials.models import SyncRun

COUNTS = ("seen", "new", "changed", "unchanged", "failed", "gone", "events", "missing")


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ["id", "started_at", "kind", "state", "is_baseline", *COUNTS, "took", "problem"]
    list_filter = ["state", "kind", "is_baseline"]
    date_hierarchy = "started_at"
    change_form_template = "admin/trials/syncrun/change_form.html"
    fields = (
        "kind", "state", "is_baseline", "started_at", "finished_at", "confirmed_at", "took", "since", "data_timestamp",
        *COUNTS, "held_because", "error", "drift", "retry_at", "rung", "decision", "decided_by",
    )  # fmt: skip

    @admin.display(description="Seconds")
    def took(self, run: SyncRun) -> str:
        return f"{run.seconds:,.0f}"

    @admin.display(description="Held, failed or drifted because")
    def problem(self, run: SyncRun) -> str:
        return (run.held_because or run.error or run.drift)[:160]

    def get_readonly_fields(self, request: HttpRequest, obj: SyncRun | None = None) -> tuple[str, ...]:
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decide)  # which asks for a fresh code, by the names of these addresses
        return [
            *(path(f"<int:pk>/{value}/", view, {"decision": value}, name=f"trials_syncrun_{value}")
              for value in SyncRun.Decision.values),
            *super().get_urls(),
        ]  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        extra = {**(extra_context or {}), "run": run, "may_decide": may_decide(request, run)}
        if isinstance(run, SyncRun) and run.state == SyncRun.State.HELD:
            extra |= {"sample": held.sample(run)}
        return super().change_view(request, object_id, form_url, extra)

    def decide(self, request: HttpRequest, pk: int, decision: str) -> HttpResponse:
        """GET asks once more, POST decides; a worker does it, as it may take minutes."""
        run = get_object_or_404(SyncRun, pk=pk)
        if not request.user.has_perm("trials.decide_syncrun") or not isinstance(request.user, User):
            raise PermissionDenied
        chosen = SyncRun.Decision(decision)
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "run": run, "decision": chosen, "opts": self.opts,
                       "title": f"{chosen.label} run {run.pk}?"}  # fmt: skip
            return render(request, "admin/trials/syncrun/decide.html", context)
        if decisions.ask(run, chosen, by=request.user):
            LogEntry.objects.log_actions(
                request.user.pk, [run], CHANGE, change_message=f"{chosen.label}: {run.held_because}", single_object=True
            )
            waking.wake(tasks.carry_out_decisions)
            messages.success(request, f"{chosen.label} was asked for. It takes up to a minute to begin.")
        else:
            messages.error(request, "This run is not held any more, or somebody has decided already.")
        return HttpResponseRedirect(reverse("admin:trials_syncrun_change", args=[run.pk]))


def may_decide(request: HttpRequest, run: Any) -> bool:
    is_open = isinstance(run, SyncRun) and run.state == SyncRun.State.HELD and not run.decision
    return is_open and request.user.has_perm("trials.decide_syncrun")
