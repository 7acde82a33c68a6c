"""Treatments and hospitals in editors' hands: hide a name, show it again, merge two spellings of one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse

from trials.directory import editing
from trials.directory.editing import DirectoryError, Entry
from trials.directory.keys import words
from trials.models import Site, Treatment


class EntryAdmin(admin.ModelAdmin):
    """The names and counts are made from the records; what editors decide about a name stays."""

    list_display = ["name", "trial_count", "open_count", "is_hidden", "merged_into"]
    list_filter = ["is_hidden", ("merged_into", admin.EmptyFieldListFilter)]
    list_select_related = ["merged_into"]
    search_fields = ["key"]
    ordering = ["-open_count", "key"]
    show_full_result_count = False
    actions = ["hide", "show"]
    change_form_template = "admin/trials/directory/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By words as the keys spell them, so that the index on parts of words answers."""
        for word in words(search_term)[:8]:
            queryset = queryset.filter(key__contains=word)
        return queryset, False

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_merge"
        return [path("<int:pk>/merge/", self.admin_site.admin_view(self.merge), name=name), *super().get_urls()]

    @admin.action(description="Hide: no page", permissions=["change"])
    def hide(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self._each(request, chosen, editing.hide, "hidden")

    @admin.action(description="Show again", permissions=["change"])
    def show(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self._each(request, chosen, editing.show, "shown again")

    def _each(self, request: HttpRequest, chosen: QuerySet[Any], step: Any, done: str) -> None:
        rows = list(chosen)
        for row in rows:
            step(row)
            self.log_change(request, row, done)
        messages.success(request, f"{len(rows)} {'name' if len(rows) == 1 else 'names'} {done}.")

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Entry = get_object_or_404(self.model, pk=pk)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = self._form(request)
        if form.is_valid():
            into = form.cleaned_data["into"]
            try:
                editing.merge(row, into=into)
            except DirectoryError as error:
                form.add_error("into", str(error))
            else:
                self.log_change(request, row, f"merged into {into}")
                messages.success(request, f"{row} was merged into {into}. Its address redirects there.")
                back = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
                return HttpResponseRedirect(reverse(back, args=[into.pk]))
        context = {**self.admin_site.each_context(request), "row": row, "form": form, "opts": self.opts,
                   "title": f"Merge {row} into another name", "media": self.media + form.media}  # fmt: skip
        return render(request, "admin/trials/directory/merge.html", context)

    def _form(self, request: HttpRequest) -> forms.Form:
        form = forms.Form(request.POST if request.method == "POST" else None)
        form.fields["into"] = forms.ModelChoiceField(
            self.model._default_manager.filter(is_hidden=False, merged_into=None),
            widget=AutocompleteSelect(self.model._meta.get_field("merged_into"), self.admin_site),
            help_text="The name that stays.",
        )
        return form


@admin.register(Treatment)
class TreatmentAdmin(EntryAdmin):
    pass


@admin.register(Site)
class SiteAdmin(EntryAdmin):
    list_display = ["name", "town", "trial_count", "open_count", "is_hidden", "merged_into"]
    list_select_related = ["town", "merged_into"]
