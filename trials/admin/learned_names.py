"""What the records taught of other names, for editors to accept or refuse."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from trials import condition_editing
from trials.condition_editing import ConditionError
from trials.models import ConditionName, LearnedName

MAY_JUDGE = "trials.change_condition"


@admin.register(LearnedName)
class LearnedNameAdmin(admin.ModelAdmin):
    """A name in this list finds more trials already. Accepted, it filters like one that was typed by hand."""

    list_display = ["name", "condition", "seen", "alike"]
    list_display_links = None
    list_select_related = ["condition"]
    search_fields = ["name", "condition__name"]
    ordering = ["-alike", "name"]
    actions = ["accept", "refuse"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Names that the records suggest", **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[LearnedName]:
        learned = super().get_queryset(request)
        return learned.filter(source=ConditionName.Source.LEARNED, refused_at=None)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(MAY_JUDGE))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_JUDGE))

    def has_judge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(MAY_JUDGE))

    @admin.action(description="Accept: this is another name of the condition", permissions=["judge"])
    def accept(self, request: HttpRequest, chosen: QuerySet[LearnedName]) -> None:
        self._judge(request, chosen, condition_editing.accept, "accepted")

    @admin.action(description="Refuse: never suggest this again", permissions=["judge"])
    def refuse(self, request: HttpRequest, chosen: QuerySet[LearnedName]) -> None:
        self._judge(request, chosen, condition_editing.refuse, "refused")

    def _judge(
        self, request: HttpRequest, chosen: QuerySet[LearnedName], step: Callable[[ConditionName], None], done: str
    ) -> None:
        """Noted with the condition, whose history is where an editor looks."""
        judged = 0
        for learned in chosen.select_related("condition"):
            try:
                step(learned)
            except ConditionError as error:
                messages.error(request, str(error))
                continue
            self.log_change(request, learned.condition, f"learned name “{learned.name}” {done}")
            judged += 1
        if judged:
            messages.success(request, f"{judged} {'name' if judged == 1 else 'names'} {done}.")
