"""Plain summaries in the admin. Every step goes through publishing.py; the form writes nothing by itself."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from explainers import publishing
from explainers.models import PlainSummary, SummaryText, SummaryVersion

FACTS: tuple[str, ...] = (
    "state", "pending_state", "author", "reviewer_name", "published_at", "checked_at",
    "checked_version", "is_sample",
)


class SummaryForm(forms.ModelForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = PlainSummary
        fields = ["trial", *SummaryText.names(), "review_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial |= self.instance.working_text.as_dict() | {"revision": self.instance.revision}

    @property
    def text(self) -> SummaryText:
        return SummaryText(**{name: self.cleaned_data.get(name) or "" for name in SummaryText.names()})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen = cleaned.get("revision")
        if self.instance.pk and seen is not None:
            now = PlainSummary.objects.only("revision", "pending", *SummaryText.names()).get(pk=self.instance.pk)
            if now.revision != seen and now.working_text != self.text:
                self._show_conflict(now)
        return cleaned

    def _show_conflict(self, now: PlainSummary) -> None:
        """Yours stays in the fields; the other text stands beside each, and the next save is on top of it."""
        self.data = {**self.data, self.add_prefix("revision"): str(now.revision)}
        self.add_error(None, "Somebody else saved this text while you wrote. Their text stands under each field.")
        for name, theirs in now.working_text.as_dict().items():
            if theirs != getattr(self.text, name):
                self.add_error(name, f"Saved by somebody else: {theirs or '(empty)'}")

    def _post_clean(self) -> None:
        """The five texts go through publishing.py; the instance keeps what is on the page."""
        live = SummaryText.of(self.instance)
        super()._post_clean()  # type: ignore[misc]
        for name, value in live.as_dict().items():
            setattr(self.instance, name, value)


class VersionInline(admin.TabularInline):
    model = SummaryVersion
    fields = ("number", "title", "published_at", "author_name", "reviewer_name", "checked_version")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PlainSummary)
class PlainSummaryAdmin(admin.ModelAdmin):
    form = SummaryForm
    list_display = ["trial", "title", "state", "pending_state", "author", "reviewer", "checked_version", "is_sample"]
    list_filter = ["state", "pending_state", "is_sample"]
    search_fields = ["trial__nct_id", "title", "summary"]
    list_select_related = ["trial", "author", "reviewer"]
    raw_id_fields = ["trial"]
    inlines = [VersionInline]
    actions = ["submit", "publish", "send_back", "no_rewrite_needed"]
    readonly_fields = FACTS
    fields = ["revision", "trial", *SummaryText.names(), "review_on", *FACTS]

    def get_readonly_fields(self, request: HttpRequest, obj: PlainSummary | None = None) -> list[Any]:
        return [*FACTS, "trial"] if obj else [*FACTS]

    def save_model(self, request: HttpRequest, obj: PlainSummary, form: Any, change: bool) -> None:
        by = _doer(request)
        if not change:
            started = publishing.start(obj.trial, by=by)
            obj.pk = started.pk
        PlainSummary.objects.filter(pk=obj.pk).update(review_on=form.cleaned_data.get("review_on"))
        publishing.save_draft(PlainSummary.objects.get(pk=obj.pk), form.text, by=by)
        obj.refresh_from_db()

    @admin.action(description="Send to review", permissions=["change"])
    def submit(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, publishing.submit, "sent to review")

    @admin.action(description="Approve and publish", permissions=["review"])
    def publish(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, publishing.publish, "published")

    @admin.action(description="Send back to the author", permissions=["review"])
    def send_back(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, publishing.send_back, "sent back")

    @admin.action(description="No rewrite needed: still correct", permissions=["review"])
    def no_rewrite_needed(self, request: HttpRequest, chosen: QuerySet[PlainSummary]) -> None:
        self._each(request, chosen, publishing.still_correct, "found still correct")

    def _each(self, request: HttpRequest, chosen: QuerySet[PlainSummary], step: Any, done: str) -> None:
        count = 0
        for summary in chosen:
            try:
                step(summary, by=_doer(request))
                self.log_change(request, summary, done)
                count += 1
            except publishing.PublishingError as error:
                messages.error(request, f"{summary.trial}: {error}")
        if count:
            messages.success(request, f"{count} {'text' if count == 1 else 'texts'} {done}.")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("explainers.review_plainsummary")


def _doer(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionError("The admin is for users who are logged in.")
    return request.user
