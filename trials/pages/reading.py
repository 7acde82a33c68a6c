"""What pages about one trial ask the database: one query for most trials, one more for each thing that few have."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, Subquery
from django.db.models.functions import JSONArray, JSONObject

from trials import freshness
from trials.models import Condition, Site, Treatment, Trial, TrialChange, TrialSite, TrialTreatment
from trials.models.trials import TrialQuerySet
from trials.prepared import ASKED, ASKED_ID, Prepared


def _trial() -> TrialQuerySet:
    """With `chips`, its conditions as readers see them, `is_named`, whether an explainer names it, the names of the
    pages of its treatments and sites, and `polled_at`, when the registry was last checked."""
    shown = Condition.objects.shown().filter(trial_conditions__trial=OuterRef("pk"))
    followed = ExpressionWrapper(Q(pk=OuterRef("subscription_condition")), output_field=BooleanField())
    in_order = shown.annotate(is_followed=followed).order_by("-is_followed", "trial_conditions__position")
    chips = in_order.values(chip=JSONObject(name="name", slug="slug"))
    named = Trial._meta.get_field("explainer_mentions").related_model._default_manager.filter(trial=OuterRef("pk"))
    found = Trial.objects.for_page().filter(nct_id=ASKED)
    return found.annotate(  # type: ignore[no-redef]  # the model says so too
        chips=ArraySubquery(chips), is_named=Exists(named), polled_at=freshness.checked_at(),
        treatment_pages=_pages(TrialTreatment, Treatment, "treatment"), site_pages=_pages(TrialSite, Site, "site"),
    )  # fmt: skip


def _pages(links: type[Model], entries: type[Model], entry: str) -> ArraySubquery:
    """[place in the record, name of the page] of those that stand in other trials too."""
    shown = entries._default_manager.filter(pk=OuterRef(f"{entry}_id"), is_hidden=False, trial_count__gt=1)
    rows = links._default_manager.filter(trial=OuterRef("pk"))
    # An entry for each link, by its key: a join may have PostgreSQL read all entries there are.
    return ArraySubquery(rows.values(page=JSONArray("position", Subquery(shown.values("slug")))))


def pages(trial: Trial, entry: str) -> dict[int, str]:
    return {place: slug for place, slug in getattr(trial, f"{entry}_pages", ()) if slug}


_found = Prepared(Trial, _trial)
_changes = Prepared(TrialChange, lambda: TrialChange.objects.filter(trial_id=ASKED_ID).newest_first())


def trial(nct_id: str) -> Trial | None:
    found: Trial | None = _found.first(nct_id)
    return found


def changes(trial: Trial) -> Sequence[TrialChange]:
    """The newest update first, its weightiest change first."""
    return _changes.all(trial.pk) if trial.update_count else []


def explainers(trial: Trial) -> list[Any]:
    """The published explainers that name the trial: a relation, so that nothing here needs to know their app."""
    if not trial.is_named:
        return []
    shown = trial.explainer_mentions.filter(explainer__state="published").order_by("-explainer__checked_at")
    return [mention.explainer for mention in shown.select_related("explainer__live", "explainer__category")]
