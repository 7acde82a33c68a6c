"""The demo's texts: written for this project, marked as samples, signed by the demo accounts only."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from explainers import publishing
from explainers.models import SummaryText
from trials.models import Trial

CONTENT = Path(__file__).with_name("sample_content")


def load_samples(*, editor: User, reviewer: User) -> int:
    """Store what is not there yet and return how many; what somebody changed since is left alone."""
    return _load_summaries(editor, reviewer)


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
