"""The demo's texts: written for this project, marked as samples, signed by the demo accounts only."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from explainers import living, publishing, readers
from explainers.content import LISTS, PLAIN_FIELDS
from explainers.models import Category, Explainer, ExplainerItem, Faq, GlossaryTerm, Reference, Resource, SummaryText
from explainers.publishing import explainers as explainer_steps
from trials.models import Condition, Trial

CONTENT = Path(__file__).with_name("sample_content")


def load_samples(*, editor: User, reviewer: User) -> int:
    """Store what is not there yet and return how many; what somebody changed since is left alone."""
    loaded = _load_summaries(editor, reviewer) + _load_glossary() + _load_explainers(editor, reviewer)
    living.link_mentions()
    readers.count()
    return loaded


def _read(name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((CONTENT / name).read_text(encoding="utf-8"))
    return content


def _load_summaries(editor: User, reviewer: User) -> int:
    texts = {entry.pop("nct_id"): SummaryText(**entry) for entry in _read("summaries.json")}
    missing = Trial.objects.filter(nct_id__in=texts, plain_summary=None)
    for trial in missing:
        summary = publishing.start(trial, by=editor, is_sample=True)
        summary = publishing.save_draft(summary, texts[trial.nct_id], by=editor)
        publishing.publish(publishing.submit(summary, by=editor), by=reviewer)
    return len(missing)


def _load_glossary() -> int:
    known = set(GlossaryTerm.objects.values_list("slug", flat=True))
    new = [GlossaryTerm(**entry, is_sample=True) for entry in _read("glossary.json") if entry["slug"] not in known]
    return len(GlossaryTerm.objects.bulk_create(new))


def _load_explainers(editor: User, reviewer: User) -> int:
    for entry in _read("categories.json"):
        Category.objects.get_or_create(slug=entry["slug"], defaults=entry)
    entries = _read("explainers.json")
    known = set(Explainer.objects.values_list("slug", flat=True))
    new = [entry for entry in entries if entry["slug"] not in known]
    rows = [_working_copy(entry, editor) for entry in new]
    for entry in entries:
        _connect(Explainer.objects.get(slug=entry["slug"]), entry)
    for row in rows:
        saved = explainer_steps.saved(row, by=editor)
        explainer_steps.publish(explainer_steps.submit(saved, by=editor), by=reviewer)
    return len(rows)


def _working_copy(entry: dict[str, Any], editor: User) -> Explainer:
    now = timezone.now()
    fields = {name: entry[name] for name in PLAIN_FIELDS}
    fields["status_as_of"] = date.fromisoformat(entry["status_as_of"]) if entry["status_as_of"] else None
    row = Explainer.objects.create(
        slug=entry["slug"], category=Category.objects.get(slug=entry["category"]), author=editor, is_sample=True,
        edited_at=now, review_on=(now + timedelta(days=365)).date(), **fields,
    )  # fmt: skip
    for name, kind in LISTS.items():
        items = [ExplainerItem(explainer=row, kind=kind, position=n, **item) for n, item in enumerate(entry[name], 1)]
        ExplainerItem.objects.bulk_create(items)
    for n, faq in enumerate(entry["faqs"], 1):
        Faq.objects.create(explainer=row, position=n, **faq)
    for n, place in enumerate(entry["resources"], 1):
        Resource.objects.create(explainer=row, position=n, **place)
    for reference in entry["references"]:
        Reference.objects.create(explainer=row, **reference)
    return row


def _connect(row: Explainer, entry: dict[str, Any]) -> None:
    """Conditions arrive with the trials, so a later start may find more of them."""
    if row.is_sample and not row.conditions.exists():
        row.conditions.set(Condition.objects.shown().filter(name__in=entry["conditions"]))
    if row.is_sample and not row.related.exists():
        row.related.set(Explainer.objects.filter(slug__in=entry["related"]))
