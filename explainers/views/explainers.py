"""The pages of our long texts: one of them, their index, a category."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from explainers import structured
from explainers.content import Content, thaw
from explainers.marking import Marker, TrialLink, Word, cited, mentioned
from explainers.models import Category, Explainer, ExplainerQuerySet, ExplainerVersion, GlossaryTerm
from explainers.presenting import show
from trials.models import Condition, Trial
from trials.vocabulary import status_label

PER_PAGE = 20


def explainer(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(
        Explainer.objects.select_related("live", "category").prefetch_related("conditions"), slug=slug
    )
    if row.state == Explainer.State.WITHDRAWN:
        return render(request, "errors/410.html", {"why": "We have withdrawn this text."}, status=410)
    version = row.live
    if version is None or not row.is_published:
        raise Http404("No such explainer")
    content = thaw(version.content)
    json_ld = structured.explainer(row, version, content)
    return render(request, "explainers/explainer.html", page_of(row, version, content, json_ld=json_ld))


def as_shown(clean_html: str) -> str:
    """One cleaned text with its marks, as the page would show it: for the preview beside it."""
    trials = trial_links(named_trials([clean_html]))
    marker = Marker(references=cited([clean_html]), trials=trials, words=glossary_words())
    return marker.html(clean_html)[0]


def named_trials(texts: list[str]) -> list[Trial]:
    return list(Trial.objects.filter(nct_id__in=mentioned(texts)).select_related("plain_summary").order_by("nct_id"))


def trial_links(named: list[Trial]) -> dict[str, TrialLink]:
    return {trial.nct_id: TrialLink(trial.get_absolute_url(), status_label(trial.status).lower()) for trial in named}


def page_of(row: Explainer, version: ExplainerVersion | None, content: Content, **more: Any) -> dict[str, Any]:
    """What the page shows; also of a working copy that has no version yet, for the preview."""
    named = named_trials(content.texts)
    shown = show(content, trials=trial_links(named), words=glossary_words())
    related = Explainer.objects.published().filter(Q(related_from=row) | Q(related=row)).distinct()
    conditions = list(row.conditions.all())
    return {
        "explainer": row, "version": version, "content": content, "shown": shown, "named_trials": named,
        "related": related, "conditions": conditions, "condition": conditions[0] if conditions else None, **more,
    }  # fmt: skip


def glossary_words() -> list[Word]:
    return [term.as_word() for term in GlossaryTerm.objects.all()]


def index(request: HttpRequest) -> HttpResponse:
    asked = _asked(request, "q")
    about = Condition.objects.shown().filter(slug=_asked(request, "condition")).first()
    found = search(asked) if asked else Explainer.objects.newest()
    if about:
        found = found.filter(conditions=about)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    categories = Category.objects.filter(explainers__state=Explainer.State.PUBLISHED).distinct()
    conditions = Condition.objects.shown().filter(explainers__state=Explainer.State.PUBLISHED).distinct()
    context = {"page": page, "asked": asked, "about": about, "categories": categories, "conditions": conditions[:40]}
    return render(request, "explainers/index.html", context)


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:200]


def search(asked: str) -> ExplainerQuerySet:
    """Texts that hold every word asked for; those with a word in the title first."""
    words = asked.split()[:10]
    rows = Explainer.objects.published()
    in_title = Q()
    for word in words:
        rows = rows.filter(live__words__icontains=word)
        in_title |= Q(live__content__title__icontains=word)
    by_title = Case(When(in_title, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.order_by(by_title, "-live__published_at", "-id")


def category(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Category, slug=slug)
    page = Paginator(Explainer.objects.newest().filter(category=row), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "explainers/category.html", {"category": row, "page": page})
