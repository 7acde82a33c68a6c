from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from trials.admin.filters import NamedValues
from trials.models import Trial

EDITABLE = ("subscription_condition", "keeps_subscription_condition")


@admin.register(Trial)
class TrialAdmin(admin.ModelAdmin):
    """The registry's facts are to be read; which condition the page offers for following is an editor's choice."""

    list_display = ["nct_id", "brief_title", "status", "version", "first_seen_at", "last_changed_at", "gone_at"]
    list_filter = ["status", ("study_type", NamedValues), "is_served"]
    search_fields = ["=nct_id", "brief_title"]
    show_full_result_count = False
    autocomplete_fields = ["subscription_condition"]
    readonly_fields = [
        "nct_id", "brief_title", "official_title", "status", "study_type", "sponsor", "first_posted",
        "last_update_posted", "version", "first_seen_at", "last_changed_at", "gone_at", "moved_to", "is_served",
    ]  # fmt: skip
    fields = [*readonly_fields, *EDITABLE]
    actions = None

    def save_model(self, request: HttpRequest, obj: Trial, form: Any, change: bool) -> None:
        """A choice made by hand stays: a sync leaves it alone."""
        if "subscription_condition" in form.changed_data:
            obj.keeps_subscription_condition = obj.subscription_condition_id is not None
        obj.save(update_fields=EDITABLE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
