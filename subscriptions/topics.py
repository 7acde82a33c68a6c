"""What is followed, in words. Sites and treatments have the keys of their pages: a form follows its page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from trials.directory.keys import site_key as site_key
from trials.directory.keys import treatment_key as treatment_key
from trials.places import MILE_KM
from trials.vocabulary import PHASE, STATUS, STUDY_TYPE

if TYPE_CHECKING:
    from explainers.models import Explainer
    from subscriptions.models.topics import Topic

NAME_LENGTH = 300


def words(topic: Topic) -> str:
    if topic.trial is not None:
        return f"{topic.trial.headline} ({topic.trial.nct_id})"
    if topic.condition is not None and topic.has_place:
        return f"{topic.condition.name} within {distance(topic.radius_km or 0)} of {topic.topic_name}"
    if topic.condition is not None:
        return topic.condition.name
    if topic.explainer is not None:
        return f"our text “{text_title(topic.explainer)}”"
    if topic.search:
        return f"your search: {topic.topic_name}"
    return topic.topic_name


def text_title(explainer: Explainer) -> str:
    """As readers know it: the working copy may hold what nobody approved."""
    return explainer.live.title if explainer.live else explainer.slug


def wish(topic: Topic) -> list[str]:
    """What a sign-up asks for. It goes to an address that a stranger may have typed: no word of theirs is in it."""
    lines = []
    if topic.trial is not None:
        lines.append(f"changes of the trial {topic.trial.nct_id}: {topic.trial.headline}")
    if topic.condition is not None:
        around = f" within {distance(topic.radius_km or 0)} of {topic.topic_name}" if topic.has_place else ""
        lines.append(f"new trials for {topic.condition.name}{around}, and trials that open{' there' if around else ''}")
    if topic.explainer is not None:
        lines.append(f"corrections and new versions of our text “{text_title(topic.explainer)}”")
    if topic.site_key:
        lines.append(f"trials at {topic.topic_name}: new ones, and the site opening or closing")
    if topic.treatment_key:
        lines.append(f"new trials of {topic.topic_name}, and trials that open")
    if topic.search:
        lines.append(f"new trials that fit a search, and trials that open: {search_words(topic.search)}")
    return lines


def distance(km: int) -> str:
    return f"{km} km ({round(km / MILE_KM)} miles)"


def _mark(enum: str) -> str:
    """As it reads in a list's address."""
    return enum.lower().replace("_", "-")


_FLAGS = {"healthy": "open to healthy volunteers", "results": "with results", "summary": "with a plain summary"}
_LABELS = {
    **{("phase", _mark(phase)): label.lower() for phase, label in PHASE.items()},
    **{("type", _mark(kind)): label.lower() for kind, label in STUDY_TYPE.items()},
    **{("status", _mark(status)): words.label.lower() for status, words in STATUS.items()},
    ("status", "any"): "open or not",
    ("status", "open"): "all open trials",
}
_TYPED = {"q": "words of your own", "near": "near a place"}


def search_words(search: str) -> str:
    """The filters of a search in words; of what was typed freely, only that there was something."""
    parts = [
        _FLAGS.get(name) or _TYPED.get(name) or _LABELS.get((name, value)) or f"{name} {value.replace('-', ' ')}"
        for name, value in parse_qsl(search)
        if name != "within"
    ]
    return ", ".join(parts) or "all open trials"
