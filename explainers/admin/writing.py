"""The writing page: the record and its changes on the left, the five texts and the gauge on the right."""

import re
from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from explainers import publishing
from explainers.admin import previews
from explainers.admin.doer import doer
from explainers.admin.drafts import saved_tag
from explainers.gauge import Gauge, measure
from explainers.models import Autosave, GlossaryTerm, PlainSummary, SummaryText
from explainers.newest import starter
from explainers.rendering import without_controls
from trials.in_short import in_short
from trials.models import Trial
from trials.pages import trial_page

VIEW, CHANGE = "explainers.view_plainsummary", "explainers.change_plainsummary"
REVIEW, WITHDRAW = "explainers.review_plainsummary", "explainers.withdraw_plainsummary"


def urls(site: admin.ModelAdmin) -> list[Any]:
    """Paths under /admin/explainers/plainsummary/. Each view asks for a log-in, then for its own permission."""

    def at(route: str, view: Callable[..., HttpResponseBase], name: str) -> Any:
        return path(route, site.admin_site.admin_view(view), name=name)

    return [
        at("write/", find, "summary-find"),
        at("write/<str:nct_id>/", write, "summary-write"),
        at("write/<str:nct_id>/gauge/", gauge, "summary-gauge"),
        at("write/<str:nct_id>/autosave/", autosave, "summary-autosave"),
        at("write/<str:nct_id>/preview/", previews.page, "summary-preview"),
        at("write/<str:nct_id>/preview/paper/", previews.paper, "summary-paper"),
        at("paper.css", previews.paper_css, "summary-paper-css"),
        at("still-correct/", still_correct, "summary-still-correct"),
    ]


def find(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("nct_id", "").strip().upper()
    if Trial.objects.filter(nct_id=asked).exists():
        return redirect("admin:summary-write", asked)
    messages.error(request, f"No trial here has the NCT ID “{asked[:20]}”.")
    return redirect("admin:index")


@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def write(request: HttpRequest, nct_id: str) -> HttpResponse:
    trial = _trial(request, nct_id)
    if request.method == "POST":
        return _act(request, trial)
    summary = getattr(trial, "plain_summary", None)
    kept = Autosave.objects.filter(user=doer(request), trial=trial).first()
    text = summary.working_text if summary else starter(trial)
    if kept and "restore" in request.GET:  # it goes on from where it began: what was saved since is met as a conflict
        return _page(request, trial, SummaryText(**kept.text), kept=kept, revision=kept.revision)
    return _page(request, trial, text, kept=kept)


def _act(request: HttpRequest, trial: Trial) -> HttpResponse:
    step = request.POST.get("step", "save")
    needs, run = STEPS.get(step, STEPS["save"])
    if not request.user.has_perm(needs):
        raise PermissionDenied
    try:
        done = run(request, trial)
    except publishing.EditConflict as conflict:
        return _page(request, trial, conflict.mine, theirs=conflict.current)
    except publishing.PublishingError as error:
        messages.error(request, str(error))
        return _page(request, trial, _typed(request))
    messages.success(request, done, extra_tags=saved_tag(request) if needs == CHANGE else "")
    return redirect("admin:index" if step in ("submit", "publish", "still_correct") else request.path)


def _saved(request: HttpRequest, trial: Trial) -> PlainSummary:
    by = doer(request)
    text, revision, over = _typed(request), _revision(request), "over" in request.POST
    return publishing.save_draft(publishing.start(trial, by=by), text, by=by, revision=revision, over=over)


def _save(request: HttpRequest, trial: Trial) -> str:
    _saved(request, trial)
    return "Saved. Readers do not see it yet."


def _submit(request: HttpRequest, trial: Trial) -> str:
    publishing.submit(_saved(request, trial), by=doer(request))
    return f"{trial} waits for a reviewer now."


def _publish(request: HttpRequest, trial: Trial) -> str:
    if request.user.has_perm(CHANGE) and _typed(request) != _of(trial).working_text:
        raise publishing.PublishingError("You changed the text: save it first, and let somebody else check it.")
    _refuse_unlooked(request, _of(trial))
    publishing.publish(_of(trial), by=doer(request), revision=_revision(request))
    return format_html('The text of {} is out. <a href="{}">Its page</a>', trial, trial.get_absolute_url())


def _refuse_unlooked(request: HttpRequest, summary: PlainSummary) -> None:
    """A click approves neither a record that nobody has seen nor a text that could mislead."""
    if request.POST.get("version", str(summary.trial.version)) != str(summary.trial.version):
        raise publishing.PublishingError("The record changed while you read. Its facts here are new: look again.")
    if publishing.measured(summary).misleading and "looked" not in request.POST:
        raise publishing.PublishingError("Something could mislead a reader. Look at each point, then tick the box.")


def _send_back(request: HttpRequest, trial: Trial) -> str:
    publishing.send_back(_of(trial), by=doer(request))
    return "Sent back to its author."


def _withdraw(request: HttpRequest, trial: Trial) -> str:
    publishing.withdraw(_of(trial), because=request.POST.get("because", ""), by=doer(request))
    return "The text is off the page."


def _still_correct(request: HttpRequest, trial: Trial) -> str:
    version = request.POST.get("version", "")
    publishing.still_correct(_of(trial), by=doer(request), version=int(version) if version.isdigit() else None)
    return f"Noted: the text of {trial} is still correct."


STEPS: dict[str, tuple[str, Callable[[HttpRequest, Trial], str]]] = {
    "save": (CHANGE, _save),
    "submit": (CHANGE, _submit),
    "publish": (REVIEW, _publish),
    "send_back": (REVIEW, _send_back),
    "still_correct": (REVIEW, _still_correct),
    "withdraw": (WITHDRAW, _withdraw),
}


@require_POST
def still_correct(request: HttpRequest) -> HttpResponse:
    """From the queue: one text by its button, or all that are ticked. Each names the version that was shown."""
    if not request.user.has_perm(REVIEW):
        raise PermissionDenied
    asked = [request.POST["only"]] if "only" in request.POST else request.POST.getlist("chosen")
    parts = [part.split(":") for part in asked if re.fullmatch(r"\d{1,9}:\d{1,9}", part)]
    versions = {int(pk): int(version) for pk, version in parts}
    done = 0
    for summary in PlainSummary.objects.published().filter(pk__in=versions):
        note = "" if "only" in request.POST else "No rewrite needed"
        publishing.still_correct(summary, by=doer(request), version=versions[summary.pk], note=note)
        done += 1
    messages.success(request, f"{done} {'text' if done == 1 else 'texts'} found still correct.")
    return redirect("admin:index")


@require_POST
def gauge(request: HttpRequest, nct_id: str) -> HttpResponse:
    """The gauge of what is typed now, as the part of the page that shows it."""
    trial = _trial(request, nct_id)
    return render(request, "explainers/desk/_gauge.html", {"gauge": _gauge(trial, _typed(request))})


@require_POST
def autosave(request: HttpRequest, nct_id: str) -> HttpResponse:
    trial = _trial(request, nct_id)
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    publishing.autosave(trial, _typed(request), revision=_revision(request) or 0, by=doer(request))
    return JsonResponse({"saved": timezone.now().strftime("%H:%M UTC")})


def _page(
    request: HttpRequest, trial: Trial, text: SummaryText, *,
    theirs: PlainSummary | None = None, kept: Any = None, revision: int | None = None,
) -> HttpResponse:  # fmt: skip
    summary = PlainSummary.objects.filter(trial=trial).select_related("author", "pending_author").first()
    changes = list(trial.changes.newest_first()[:60])
    other = theirs.working_text.as_dict() if theirs else {}
    meta = PlainSummary._meta
    fields = [
        {"name": name, "label": str(meta.get_field(name).verbose_name).capitalize(), "value": value,  # type: ignore[union-attr]
         "help": meta.get_field(name).help_text, "theirs": other.get(name) if other.get(name) != value else None,  # type: ignore[union-attr]
         "rows": {"title": 2, "active_substance": 2, "summary": 11}.get(name, 4)}
        for name, value in text.as_dict().items()
    ]  # fmt: skip
    context = {
        **admin.site.each_context(request),
        "title": f"{trial.nct_id}: plain summary",
        "trial": trial, "record": trial.record, "summary": summary, "fields": fields, "conflict": bool(theirs),
        "revision": revision if revision is not None else summary.revision if summary else 0,
        "in_short": in_short(trial.record, today=timezone.now().date()),
        "facts": trial_page.facts(trial.record),
        "changes": changes,
        "overtaken": summary.overtaken_by(changes) if summary and summary.is_published else [],
        "gauge": _gauge(trial, text),
        "typed": "?typed" if kept and kept.text == text.as_dict() else "",
        "kept": kept if kept and kept.text != text.as_dict() else None,
        "may": {name: request.user.has_perm(permission) for name, (permission, _run) in STEPS.items()},
        "is_mine": bool(summary and summary.working_author_id == request.user.pk),
        "versions": summary.versions.all()[:10] if summary else [],
    }  # fmt: skip
    return render(request, "explainers/desk/write.html", context, status=409 if theirs else 200)


def _gauge(trial: Trial, text: SummaryText) -> Gauge:
    terms = frozenset(form.casefold() for term in GlossaryTerm.objects.all() for form in term.forms)
    return measure(text, trial.record, terms)


def _typed(request: HttpRequest) -> SummaryText:
    limits = {"title": 200, "active_substance": 300}
    typed = {name: without_controls(request.POST.get(name, "").replace("\r\n", "\n")).strip()
             for name in SummaryText.names()}  # fmt: skip
    return SummaryText(**{name: value[: limits.get(name, 8000)] for name, value in typed.items()})


def _revision(request: HttpRequest) -> int | None:
    value = request.POST.get("revision", "")
    return int(value) if value.isdigit() and len(value) < 10 else None


def _trial(request: HttpRequest, nct_id: str) -> Trial:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    return get_object_or_404(Trial.objects.select_related("document", "plain_summary"), nct_id=nct_id)


def _of(trial: Trial) -> PlainSummary:
    summary: PlainSummary | None = getattr(trial, "plain_summary", None)
    if summary is None:
        raise Http404("This trial has no text yet")
    return summary
