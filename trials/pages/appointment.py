"""The sheet for an appointment: one page about one trial, on paper or as plain text. Pure but for the gazetteer.

All that a visitor chose is in the address; what was ticked beside the rules is added by the browser alone.
"""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from trials import in_short, vocabulary
from trials.markdown import shown
from trials.masking import masked
from trials.models import Trial, TrialChange
from trials.pages import questions, trial_page
from trials.pages.nearest import AskedPlace, NearSite, nearest
from trials.pages.questions import Question

SITES, CHANGES = 3, 2
_ABOUT, _HEADLINE, _FACT, _CHANGE, _SITE = 480, 170, 90, 120, 56
"""Characters: together they keep the sheet to one page of A4 or Letter, with questions and lines to write on."""
_WIDTH = 76


class Offered(NamedTuple):
    question: Question
    is_chosen: bool


class Sheet(NamedTuple):
    headline: str
    status: str
    about_title: str
    about: str
    facts: list[tuple[str, str]]
    sites: list[NearSite]
    more_sites: int
    changes: list[tuple[datetime, str]]
    questions: list[Question]
    offered: list[Offered]


def sheet(trial: Trial, changes: Sequence[TrialChange], near: AskedPlace, asks: list[str] | None, today: date) -> Sheet:
    """`asks` are the slugs of the questions that the visitor ticked, None before the first choice."""
    record = trial.record
    summary = trial.summary
    about = summary.summary if summary else " ".join(in_short.in_short(trial.record, today=today))
    offered = questions.for_trial(record)
    asked = questions.chosen(offered, asks)
    sites = [site._replace(facility=cut(site.facility, _SITE), town=cut(site.town, _SITE))
             for site in nearest(record, near.place, SITES)]  # fmt: skip
    facts = [
        (label, cut(value, _FACT)) for label, value in trial_page.facts(record) if label not in ("Status", "Where")
    ]
    return Sheet(
        headline=cut(masked(shown(trial.headline)), _HEADLINE),
        status=vocabulary.status_words(record.status).label,
        about_title="Summary" if summary else "In short",
        about=cut(about, _ABOUT),
        facts=facts,
        sites=sites,
        more_sites=len(record.sites) - len(sites),
        changes=_lately(changes),
        questions=asked,
        offered=[Offered(question, question in asked) for question in offered],
    )


def _lately(changes: Sequence[TrialChange]) -> list[tuple[datetime, str]]:
    """The weightiest of the newest updates."""
    lately = [change for update in trial_page.grouped(changes)[:2] for change in update.changes]
    return [(change.detected_at, cut(change.sentence, _CHANGE)) for change in lately[:CHANGES]]


def cut(text: str, most: int) -> str:
    """Whole sentences as far as they fit, else whole words and a sign that there is more."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    head = text[:most]
    end = max(head.rfind(mark) for mark in (". ", "? ", "! "))
    return head[: end + 1] if end > most // 2 else f"{head[: head.rfind(' ')].rstrip(',;:')} …"


def as_text(made: Sheet, trial: Trial, near: AskedPlace, address: str, checked: datetime | None) -> str:
    """The same sheet for a program that shows plain text, or for a mail."""
    lines = [*_head(made, trial, address, checked), *_facts(made), *_where(made, near), *_news(made)]
    lines += ["", "QUESTIONS TO ASK", ""]
    for number, question in enumerate(made.questions, 1):
        lines += [*_wrapped(f"{number}. {question.text}", "   "), "   " + "_" * 60, ""]
    lines += ["MY OWN NOTES", "", "   " + "_" * 60, "", "   " + "_" * 60, ""]
    lines += ["For general information only, not medical advice."]
    return "\n".join(lines) + "\n"


def _head(made: Sheet, trial: Trial, address: str, checked: datetime | None) -> Iterator[str]:
    yield from _wrapped(made.headline)
    yield "=" * min(_WIDTH, len(made.headline))
    yield f"{trial.nct_id} · {made.status}"
    yield address
    if checked:
        yield f"Registry checked {vocabulary.date_label(checked.date().isoformat())}"
    yield from ("", made.about_title.upper(), "")
    yield from _wrapped(made.about)


def _facts(made: Sheet) -> Iterator[str]:
    yield from ("", "AT A GLANCE", "")
    for label, value in made.facts:
        yield from _wrapped(f"{label}: {value}", "   ")


def _where(made: Sheet, near: AskedPlace) -> Iterator[str]:
    yield from ("", f"SITES NEAREST TO {near.place.label.upper()}" if near.place else "SITES", "")
    for site in made.sites:
        parts = [site.facility, site.town, site.distance, site.status]
        yield from _wrapped("- " + ", ".join(part for part in parts if part), "  ")
    if not made.sites:
        yield "The record lists no site."
    if made.more_sites:
        yield f"- and {made.more_sites:,} more"
    if near.place:
        yield "Distances are to the middle of the city where a site lies."


def _news(made: Sheet) -> Iterator[str]:
    if made.changes:
        yield from ("", "WHAT CHANGED LATELY", "")
    for when, sentence in made.changes:
        yield from _wrapped(f"- {vocabulary.date_label(when.date().isoformat())}: {sentence}", "  ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]
