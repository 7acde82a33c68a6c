"""What administrators read: who did what, who tried to come in. Nobody changes it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.models import BackupCode, SignInAttempt


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _Kept(_ReadOnly):
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LogEntry)
class LogEntryAdmin(_Kept, admin.ModelAdmin[LogEntry]):
    list_display = ["action_time", "user", "content_type", "object_repr", "action_flag", "change_message"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    search_fields = ["object_repr", "user__username"]
    date_hierarchy = "action_time"


@admin.register(SignInAttempt)
class SignInAttemptAdmin(_Kept, admin.ModelAdmin[SignInAttempt]):
    list_display = ["at", "step", "user", "succeeded", "account", "network"]
    list_filter = ["succeeded", "step"]
    list_select_related = ["user"]


class DeviceAdmin(_ReadOnly, admin.ModelAdmin[Any]):
    """Deleting a lost phone lets its owner join a new one. Keys are shown to nobody."""

    list_display = ["user", "name", "confirmed"]
    fields = ["user", "name", "confirmed"]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """The lost phone's backup codes may be lost with it."""
        BackupCode.objects.filter(user=obj.user_id).delete()
        super().delete_model(request, obj)


if admin.site.is_registered(TOTPDevice):
    admin.site.unregister(TOTPDevice)
admin.site.register(TOTPDevice, DeviceAdmin)
