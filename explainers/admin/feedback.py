from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from explainers.admin.doer import doer
from explainers.models import Correction, ReaderReport
from explainers.publishing import updates


@admin.register(ReaderReport)
class ReaderReportAdmin(admin.ModelAdmin):
    list_display = ("received_at", "kind", "page", "state", "message")
    list_filter = ("state", "kind")
    search_fields = ("page", "message")
    readonly_fields = ("page", "page_version", "kind", "message", "received_at", "handled_by")
    fields = (*readonly_fields, "state", "outcome")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ReaderReport, form: Any, change: bool) -> None:
        obj.handled_by = doer(request)
        obj.save(update_fields=["state", "outcome", "handled_by"])


@admin.register(Correction)
class CorrectionAdmin(admin.ModelAdmin):
    list_display = ("corrected_on", "page_title", "page", "found_by")
    raw_id_fields = ("report",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"corrected_on": timezone.now().date(), **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Correction, form: Any, change: bool) -> None:
        obj.logged_by = obj.logged_by or doer(request)
        super().save_model(request, obj, form, change)
        updates.tell_of_correction(obj, at=timezone.now())
