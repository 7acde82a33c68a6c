from django.contrib import admin

from explainers.models import Signature


@admin.register(Signature)
class SignatureAdmin(admin.ModelAdmin):
    list_display = ["user", "name", "role"]
    search_fields = ["name", "user__username"]
