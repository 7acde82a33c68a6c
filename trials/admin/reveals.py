from django.contrib import admin

from trials.admin.reading import ReadOnlyAdmin
from trials.models import ContactReveal


@admin.register(ContactReveal)
class ContactRevealAdmin(ReadOnlyAdmin):
    """How often readers asked for a trial's contacts. Many in a day may be a person in need or a program at work."""

    list_display = ["day", "trial", "count"]
    list_select_related = ["trial"]
    search_fields = ["=trial__nct_id"]
    date_hierarchy = "day"
    show_full_result_count = False
