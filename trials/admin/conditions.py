"""The vocabulary of conditions in editors' hands: rename, add names, place, hide, merge and take a merge back."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse

from trials import broader, condition_editing
from trials.condition_editing import ConditionError
from trials.conditions import condition_key
from trials.models import Condition, ConditionMerge, ConditionName, ConditionParent
from trials.search import spelling
from trials.search.words import words_of


class NameForm(forms.ModelForm):
    class Meta:
        model = ConditionName
        fields = ["name"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        taken = ConditionName.objects.trusted().filter(key=condition_key(name))
        if other := taken.exclude(pk=self.instance.pk).select_related("condition").first():
            raise forms.ValidationError(f"{other.condition} has this name already.")
        return name

    def save(self, commit: bool = True) -> Any:
        """What a person typed takes the place of the same name, learned or refused."""
        self.instance.key = condition_key(self.instance.name)[:300]
        learned = ConditionName.objects.filter(condition=self.instance.condition, key=self.instance.key)
        learned.filter(source=ConditionName.Source.LEARNED).exclude(pk=self.instance.pk).delete()
        spelling.note_words(Counter(words_of(self.instance.name)))
        return super().save(commit)


class NameInline(admin.TabularInline):
    model = ConditionName
    form = NameForm
    fields = ["name", "source"]
    readonly_fields = ["source"]
    extra = 1
    verbose_name_plural = "Other names under which readers find it"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConditionName]:
        """Learned ones have a desk of their own."""
        return super().get_queryset(request).exclude(source=ConditionName.Source.LEARNED)


class ParentForm(forms.ModelForm):
    class Meta:
        model = ConditionParent
        fields = ["parent"]

    def clean_parent(self) -> Condition:
        condition, parent = self.instance.condition, self.cleaned_data["parent"]
        if parent.is_hidden or parent.merged_into_id:
            raise forms.ValidationError(f"{parent} is hidden or merged. Choose one that readers see.")
        if parent == condition:
            raise forms.ValidationError("A condition cannot be broader than itself.")
        if broader.is_above(condition, parent):
            raise forms.ValidationError(f"{condition} is broader than {parent}. It cannot be narrower too.")
        links = ConditionParent.objects.filter(condition=condition, parent=parent)
        if links.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"{condition} lies below {parent} already.")
        return parent


class ParentInline(admin.TabularInline):
    model = ConditionParent
    form = ParentForm
    fk_name = "condition"
    fields = ["parent"]
    autocomplete_fields = ["parent"]
    extra = 1
    verbose_name_plural = "Broader conditions, beside those that MeSH has"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConditionParent]:
        """MeSH's own are made anew each day, so nobody edits them."""
        return super().get_queryset(request).filter(source=ConditionParent.Source.EDITOR)

    def _may_change(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("trials.change_condition"))

    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = _may_change


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
    readonly_fields = [
        "slug", "mesh_id", "is_hidden", "merged_into", "trial_count", "open_count", "above_in_mesh", "below",
    ]  # fmt: skip
    fields = ["name", *readonly_fields]
    inlines = [NameInline, ParentInline]
    actions = ["hide", "show"]
    change_form_template = "admin/trials/condition/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        merge = path("<int:pk>/merge/", self.admin_site.admin_view(self.merge), name="trials_condition_merge")
        unmerge = path("<int:pk>/unmerge/", self.admin_site.admin_view(self.unmerge), name="trials_condition_unmerge")
        return [merge, unmerge, *super().get_urls()]

    @admin.display(description="Broader in MeSH")
    def above_in_mesh(self, condition: Condition) -> str:
        links = condition.parent_links.filter(source=ConditionParent.Source.MESH).select_related("parent")
        return ", ".join(link.parent.name for link in links) or "None"

    @admin.display(description="Narrower")
    def below(self, condition: Condition) -> str:
        links = condition.child_links.select_related("condition").order_by("condition__name")[:60]
        return ", ".join(link.condition.name for link in links) or "None"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        merges = ConditionMerge.objects.filter(undone_at=None)
        can_unmerge = object_id.isdigit() and merges.filter(condition_id=object_id).exists()
        extra = {**(extra_context or {}), "can_unmerge": can_unmerge}
        return super().change_view(request, object_id, form_url, extra)

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
                self.log_change(request, into, f"{condition} merged into this one")
                messages.success(request, f"{condition} was merged into {into}. Its address redirects there.")
                return HttpResponseRedirect(reverse("admin:trials_condition_change", args=[into.pk]))
        context = {**self.admin_site.each_context(request), "condition": condition, "form": form, "opts": self.opts,
                   "title": f"Merge {condition} into another condition", "media": self.media + form.media}  # fmt: skip
        return render(request, "admin/trials/condition/merge.html", context)

    def unmerge(self, request: HttpRequest, pk: int) -> HttpResponse:
        condition = get_object_or_404(Condition, pk=pk)
        if not self.has_change_permission(request, condition):
            raise PermissionDenied
        merged = get_object_or_404(ConditionMerge.objects.select_related("into"), condition=condition, undone_at=None)
        if request.method == "POST":
            try:
                condition_editing.undo(merged)
            except ConditionError as error:
                messages.error(request, str(error))
            else:
                self.log_change(request, condition, f"merge into {merged.into} taken back")
                self.log_change(request, merged.into, f"merge of {condition} taken back")
                messages.success(request, f"{condition} stands alone again. Its address shows its own trials.")
            return HttpResponseRedirect(reverse("admin:trials_condition_change", args=[condition.pk]))
        context = {**self.admin_site.each_context(request), "condition": condition, "merged": merged,
                   "opts": self.opts, "title": f"Take back the merge of {condition}"}  # fmt: skip
        return render(request, "admin/trials/condition/unmerge.html", context)
