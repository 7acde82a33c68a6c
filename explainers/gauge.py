"""What the gauge tells an editor about a summary: its grade, and findings that block publishing or only warn. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from explainers import readability, text_rules
from explainers.jargon import jargon
from explainers.models.summaries import SummaryText
from trials.records import TrialRecord
from trials.vocabulary import status_label

GRADE_TO_REACH = 8.0
TITLE_WORDS = (4, 16)


@dataclass(frozen=True)
class Finding:
    """`blocks`: it is not published like this. `misleads`: a reader could believe what is not so; a person decides."""

    field: str
    text: str
    blocks: bool = False
    misleads: bool = False


@dataclass(frozen=True)
class Gauge:
    report: readability.Report
    findings: tuple[Finding, ...]
    hard_words: tuple[str, ...]

    @property
    def blockers(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.blocks]

    @property
    def misleading(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.misleads]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.blocks and not finding.misleads]

    @property
    def is_plain(self) -> bool:
        return self.report.grade <= GRADE_TO_REACH


def measure(text: SummaryText, record: TrialRecord | None, glossary: frozenset[str] = frozenset()) -> Gauge:
    body = "\n".join(part for part in (text.summary, text.could_lead_to, text.could_go_wrong) if part)
    findings = [*_empty(text), *_title(text.title), *_style(text, body)]
    if record is not None:
        findings += _against(text, body, record)
    return Gauge(readability.report(body), tuple(findings), jargon(body, glossary))


def _empty(text: SummaryText) -> Iterator[Finding]:
    if not text.title.strip():
        yield Finding("title", "The title is empty.", blocks=True)
    if not text.summary.strip():
        yield Finding("summary", "The summary is empty.", blocks=True)
    if not text.could_go_wrong.strip():
        yield Finding("could_go_wrong", "“What could go wrong” is empty.")


def _title(title: str) -> Iterator[Finding]:
    words = [word for word in title.split() if word[:1].isalpha()]
    least, most = TITLE_WORDS
    if words and not least <= len(words) <= most:
        yield Finding("title", f"The title has {len(words)} words; {least} to {most} read well.")
    if len(words) > 2 and sum(word[0].isupper() for word in words[1:]) * 2 >= len(words) - 1:
        yield Finding("title", "The title has many capitals: write it like a sentence.")


def _style(text: SummaryText, body: str) -> Iterator[Finding]:
    for field, part in text.as_dict().items():
        if found := text_rules.promise_words(part):
            yield Finding(field, f"Promises more than a trial can: {_quoted(found)}.", misleads=True)
        if "!" in part:
            yield Finding(field, "Leave the exclamation mark out.")
    if found := text_rules.unhedged(text.could_lead_to):
        yield Finding("could_lead_to", f"Say could, may or if: {_quoted(found)}", misleads=True)
    for sentence in readability.report(body).longest:
        if sentence.words > readability.LONG_SENTENCE:
            yield Finding("", f"{sentence.words} words in one sentence: “{sentence.text}”")


def _against(text: SummaryText, body: str, record: TrialRecord) -> Iterator[Finding]:
    if text_rules.status_missing(body, record.status):
        label = status_label(record.status).lower()
        yield Finding("could_go_wrong", f"The trial is {label}, and the text does not say so.", blocks=True)
    if found := text_rules.wrong_tense(text.summary, record.status):
        yield Finding("summary", f"The tense does not fit the status: {_quoted(found)}", misleads=True)
    if found := text_rules.unknown_numbers(body, record):
        yield Finding("summary", f"Not in the record: {', '.join(found)}.", misleads=True)


def _quoted(found: tuple[str, ...]) -> str:
    return ", ".join(f"“{part}”" for part in found)
