"""The vocabulary of conditions in editors' hands: rename, add names, hide, merge."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse

from trials import condition_editing
from trials.condition_editing import ConditionError
from trials.conditions import condition_key
from trials.models import Condition, ConditionName


class NameForm(forms.ModelForm):
    class Meta:
        model = ConditionName
        fields = ["name"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        taken = ConditionName.objects.filter(key=condition_key(name)).exclude(source=ConditionName.Source.LEARNED)
        if other := taken.exclude(pk=self.instance.pk).select_related("condition").first():
            raise forms.ValidationError(f"{other.condition} has this name already.")
        return name

    def save(self, commit: bool = True) -> Any:
        self.instance.key = condition_key(self.instance.name)[:300]
        return super().save(commit)


class NameInline(admin.TabularInline):
    model = ConditionName
    form = NameForm
    fields = ["name", "source"]
    readonly_fields = ["source"]
    extra = 1
    verbose_name_plural = "Other names under which readers find it"


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Condition.objects.shown(),
        widget=AutocompleteSelect(Condition._meta.get_field("merged_into"), admin.site),
        help_text="The condition that stays.",
    )


@admin.register(Condition)
class ConditionAdmin(admin.ModelAdmin):
    list_display = ["name", "trial_count", "open_count", "mesh_id", "is_hidden", "merged_into"]
    list_filter = ["is_hidden", ("merged_into", admin.EmptyFieldListFilter), ("mesh_id", admin.EmptyFieldListFilter)]
    list_select_related = ["merged_into"]
    search_fields = ["name", "names__name", "=mesh_id"]
    ordering = ["-trial_count", "name"]
    fields = ["name", "slug", "mesh_id", "is_hidden", "merged_into", "trial_count", "open_count"]
    readonly_fields = ["slug", "mesh_id", "is_hidden", "merged_into", "trial_count", "open_count"]
    inlines = [NameInline]
    actions = ["hide", "show"]
    change_form_template = "admin/trials/condition/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        merge = path("<int:pk>/merge/", self.admin_site.admin_view(self.merge), name="trials_condition_merge")
        return [merge, *super().get_urls()]

    @admin.action(description="Hide: no chip, no page", permissions=["change"])
    def hide(self, request: HttpRequest, chosen: QuerySet[Condition]) -> None:
        self._each(request, chosen, condition_editing.hide, "hidden")

    @admin.action(description="Show again", permissions=["change"])
    def show(self, request: HttpRequest, chosen: QuerySet[Condition]) -> None:
        self._each(request, chosen, condition_editing.show, "shown again")

    def _each(self, request: HttpRequest, chosen: QuerySet[Condition], step: Any, done: str) -> None:
        rows = list(chosen)
        for condition in rows:
            step(condition)
            self.log_change(request, condition, done)
        messages.success(request, f"{len(rows)} {'condition' if len(rows) == 1 else 'conditions'} {done}.")

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        condition = get_object_or_404(Condition, pk=pk)
        if not self.has_change_permission(request, condition):
            raise PermissionDenied
        form = MergeForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            into = form.cleaned_data["into"]
            try:
                condition_editing.merge(condition, into=into)
            except ConditionError as error:
                form.add_error("into", str(error))
            else:
                self.log_change(request, condition, f"merged into {into}")
                messages.success(request, f"{condition} was merged into {into}. Its address redirects there.")
                return HttpResponseRedirect(reverse("admin:trials_condition_change", args=[into.pk]))
        context = {**self.admin_site.each_context(request), "condition": condition, "form": form, "opts": self.opts,
                   "title": f"Merge {condition} into another condition", "media": self.media + form.media}  # fmt: skip
        return render(request, "admin/trials/condition/merge.html", context)
