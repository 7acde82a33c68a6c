"""Articles and questions. The form writes the working copy; the steps beside it go through publishing."""

import json
from collections.abc import Callable
from copy import copy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from explainers import checklist, readability, rendering
from explainers.admin.doer import doer
from explainers.admin.drafts import saved_tag
from explainers.content import LISTS, PLAIN_FIELDS, RICH, freeze
from explainers.models import Category, Explainer, ExplainerItem, Faq, Reference, Resource
from explainers.publishing import PublishingError
from explainers.publishing import explainers as steps
from explainers.views.explainers import as_shown, page_of

CHANGE, REVIEW, WITHDRAW = (f"explainers.{name}_explainer" for name in ("change", "review", "withdraw"))
SHORT = ("dek", "key_takeaway", "short_answer", "caution", "how_made")
RESERVED = ("feed", "category", "images")


class ExplainerForm(forms.ModelForm):
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Explainer
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets choose
        widgets = {
            **{name: forms.Textarea(attrs={"rows": 30 if name == "body" else 10, "cols": 100, "data-markup": ""})
               for name in RICH},
            **{name: forms.Textarea(attrs={"rows": 3, "cols": 100}) for name in SHORT},
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "seen" in self.fields:
            self.initial["seen"] = self.instance.revision

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if slug in RESERVED:
            raise forms.ValidationError("This address is taken by a page of the site.")
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen = cleaned.get("seen")
        rows = Explainer.objects.select_for_update().filter(pk=self.instance.pk)  # of two saves at once, one waits
        now = rows.first() if self.instance.pk else None
        if now is not None and seen is not None and now.revision != seen:
            self._show_conflict(now, cleaned)
        return cleaned

    def _show_conflict(self, now: Explainer, mine: dict[str, Any]) -> None:
        """Mine stays in the fields, theirs stands beside each; the next save is knowingly on top of theirs."""
        data: Any = copy(self.data)  # as it was sent: a field may have several values
        data[self.add_prefix("seen")] = str(now.revision)
        self.data = data
        self.add_error(None, "Somebody else saved this text while you wrote. Their texts stand beside yours.")
        for name in PLAIN_FIELDS:
            theirs = getattr(now, name)
            if name in mine and theirs != mine[name]:
                self.add_error(name, f"Saved by somebody else: {theirs or '(empty)'}")
        lists = "; ".join(f"{kind}: {' | '.join(texts)}" for kind, texts in _lists(now) if texts)
        if lists:
            self.add_error(None, f"The lists as somebody else saved them, to compare with those below. {lists}")


def _lists(row: Explainer) -> list[tuple[str, list[str]]]:
    """What the lists below a text hold, in words."""
    content = freeze(row)
    named = [(kind, [f"{item.label} {item.text}".strip() for item in getattr(content, kind)]) for kind in LISTS]
    named.append(("common questions", [f"{faq.question} {faq.answer}" for faq in content.faqs]))
    named.append(("references", [f"[{source.number}] {source.title}" for source in content.references]))
    return [*named, ("resources", [f"{place.name} {place.url}" for place in content.resources])]


class ItemInline(admin.StackedInline):
    model = ExplainerItem
    extra = 0


class FaqInline(admin.StackedInline):
    model = Faq
    extra = 0


class ReferenceInline(admin.StackedInline):
    model = Reference
    extra = 0


class ResourceInline(admin.TabularInline):
    model = Resource
    extra = 0


@admin.register(Explainer)
class ExplainerAdmin(admin.ModelAdmin):
    form = ExplainerForm
    change_form_template = add_form_template = "explainers/desk/explainer_form.html"
    list_display = ("title", "kind", "category", "state", "review_on", "is_sample")
    list_filter = ("state", "kind", "category", "is_sample")
    search_fields = ("title", "dek", "body")
    prepopulated_fields = {"slug": ("title",)}
    filter_horizontal = ("conditions", "related")
    inlines = (ItemInline, FaqInline, ReferenceInline, ResourceInline)
    fieldsets = (
        (None, {"fields": ("seen", "kind", "title", "slug", "category", "dek", "key_takeaway", "short_answer")}),
        ("Text", {"fields": ("body", "evidence", "caution", "our_view", "our_view_by", "context", "status_as_of"),
                  "description": "[1] names source 1. An NCT ID becomes a link with the trial’s status, a word of the "
                                 "glossary is marked. Anything but plain marks is taken out when you save."}),
        ("How it was made", {"fields": ("machine_helped", "how_made", "review_on")}),
        ("Where it belongs", {"fields": ("conditions", "related")}),
    )  # fmt: skip

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """The address of a text that is out stays as it is, whatever its title becomes."""
        return {} if obj else {"slug": ("title",)}

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        mine = [
            path("markup/", wrap(markup), name="explainer-markup"),
            path("<int:pk>/step/", wrap(step), name="explainer-step"),
            path("<int:pk>/preview/", wrap(preview), name="explainer-preview"),
        ]
        return [*mine, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            content = freeze(row)
            context["desk"] = {
                "blockers": checklist.blockers(content),
                "warnings": checklist.warnings(content),
                "report": readability.report("\n".join(content.texts)),
                "may": {name: request.user.has_perm(needs) for name, (needs, _run) in STEPS.items()},
                "is_mine": row.author_id == request.user.pk,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def message_user(
        self, request: HttpRequest, message: Any, level: int | str = messages.INFO, extra_tags: str = "", *more: Any
    ) -> None:
        """The admin tells of each save by this."""
        tags = saved_tag(request) if level == messages.SUCCESS else ""
        super().message_user(request, message, level, extra_tags or tags, *more)

    def save_model(self, request: HttpRequest, obj: Explainer, form: Any, change: bool) -> None:
        before = Explainer.objects.filter(pk=obj.pk).first() if change else None
        if before is not None:  # whoever saves over another's words loses none of them
            kept = json.dumps(freeze(before).as_json(), ensure_ascii=False, indent=1)
            self.log_change(request, obj, f"The text before this save: {kept}")
        obj.edited_at = timezone.now()
        obj.author = obj.author or doer(request)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.has_changed() or any(formset.has_changed() for formset in formsets) or not change:
            steps.saved(form.instance, by=doer(request))


def _submit(request: HttpRequest, row: Explainer) -> str:
    steps.submit(row, by=doer(request))
    return "It waits for a reviewer now."


def _publish(request: HttpRequest, row: Explainer) -> str:
    seen = request.POST.get("revision", "")
    note = request.POST.get("what_changed", "")
    steps.publish(row, by=doer(request), revision=int(seen) if seen.isdigit() else None, what_changed=note)
    return "The text is on its page."


def _send_back(request: HttpRequest, row: Explainer) -> str:
    steps.send_back(row, by=doer(request))
    return "Sent back to its author."


def _still_correct(request: HttpRequest, row: Explainer) -> str:
    steps.still_correct(row, by=doer(request))
    return "Noted: the text is still correct."


def _withdraw(request: HttpRequest, row: Explainer) -> str:
    steps.withdraw(row, because=request.POST.get("because", ""), by=doer(request))
    return "The text is off the page."


STEPS: dict[str, tuple[str, Callable[[HttpRequest, Explainer], str]]] = {
    "submit": (CHANGE, _submit),
    "publish": (REVIEW, _publish),
    "send_back": (REVIEW, _send_back),
    "still_correct": (REVIEW, _still_correct),
    "withdraw": (WITHDRAW, _withdraw),
}


@require_POST
def step(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Explainer, pk=pk)
    needs, run = STEPS.get(request.POST.get("step", ""), ("", None))
    if run is None or not request.user.has_perm(needs):
        raise PermissionDenied
    try:
        messages.success(request, run(request, row))
    except PublishingError as error:
        messages.error(request, str(error))
    return redirect("admin:explainers_explainer_change", pk)


@require_POST
def markup(request: HttpRequest) -> HttpResponse:
    """What would be kept of this HTML: for the preview beside a text, and for what is pasted into it."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    html = rendering.clean(request.POST.get("html", "")[:400_000])
    return JsonResponse({"html": html, "shown": as_shown(html)})


def preview(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("explainers.view_explainer"):
        raise PermissionDenied
    row = get_object_or_404(Explainer.objects.select_related("live", "category"), pk=pk)
    response = render(request, "explainers/explainer.html", page_of(row, row.live, freeze(row), preview=True))
    response["X-Robots-Tag"] = "noindex"
    return response


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ("name", "position")
    prepopulated_fields = {"slug": ("name",)}
