from django.contrib import admin

from trials.admin.reading import ReadOnlyAdmin
from trials.models import MissingStudy, QuarantinedStudy


@admin.register(QuarantinedStudy)
class QuarantinedStudyAdmin(ReadOnlyAdmin):
    list_display = ["nct_id", "reason", "tries", "first_failed_at", "retry_at"]
    search_fields = ["nct_id", "reason"]
    ordering = ["-first_failed_at"]
    exclude = ["packed"]


@admin.register(MissingStudy)
class MissingStudyAdmin(ReadOnlyAdmin):
    list_display = ["trial", "noticed_at", "data_timestamp", "is_out_of_scope"]
    list_filter = ["is_out_of_scope"]
    list_select_related = ["trial"]
    search_fields = ["trial__nct_id"]
