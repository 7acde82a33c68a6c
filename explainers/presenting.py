"""An explainer's content -> the sections of its page, in order. Pure.

Citations count and glossary words are marked in the order in which the sections are made here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe

from explainers.content import Content, Item, Place, Question, Source
from explainers.marking import Heading, Marker, TrialLink, Word
from explainers.rendering import clean_again


@dataclass(frozen=True)
class Entry:
    """One item of a list: a step, an obstacle, a question with its answer."""

    text: SafeString
    label: SafeString = field(default_factory=SafeString)


@dataclass(frozen=True)
class Section:
    """`kind` names the template part that shows it."""

    kind: str
    anchor: str
    heading: str
    html: SafeString = field(default_factory=SafeString)
    entries: tuple[Entry, ...] = ()
    places: tuple[Place, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Cited:
    """A source as numbered on the page; `uses` are the places in the text that name it."""

    number: int
    source: Source
    uses: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    sections: tuple[Section, ...]
    contents: tuple[Heading, ...]
    sources: tuple[Cited, ...]
    words: tuple[Word, ...]


# Anchors that the page itself gives
TAKEN = ("main", "sources", "words", "related", "updates", "contents")


def show(content: Content, *, trials: Mapping[str, TrialLink], words: Iterable[Word]) -> Shown:
    page = _Page(content, trials, words)
    for part in QUESTION if content.is_question else ARTICLE:
        part(page)
    return Shown(tuple(page.sections), tuple(page.contents), page.sources(), tuple(page.marker.glossary.used))


class _Page:
    def __init__(self, content: Content, trials: Mapping[str, TrialLink], words: Iterable[Word]) -> None:
        self.content = content
        numbers = [source.number for source in content.references]
        self.marker = Marker(references=numbers, trials=trials, words=words, taken=TAKEN)
        self.sections: list[Section] = []
        self.contents: list[Heading] = []

    def rich(self, kind: str, heading: str, html: str, note: str = "") -> None:
        if not html.strip():
            return
        anchor = self._named(heading) if heading else ""
        marked, inner = self.marker.html(clean_again(html))
        self.contents += inner
        self.sections.append(Section(kind, anchor, heading, mark_safe(marked), note=note))  # noqa: S308 - cleaned

    def plain(self, kind: str, heading: str, text: str) -> None:
        if text.strip():
            anchor = self._named(heading)
            self.sections.append(Section(kind, anchor, heading, self._paragraphs(text)))

    def listed(self, kind: str, heading: str, items: Iterable[Item], note: str = "") -> None:
        self._entries(kind, heading, [(item.label, item.text) for item in items], note)

    def asked(self, heading: str, faqs: Iterable[Question]) -> None:
        self._entries("faqs", heading, [(faq.question, faq.answer) for faq in faqs], "")

    def _entries(self, kind: str, heading: str, items: list[tuple[str, str]], note: str) -> None:
        if not items:
            return
        anchor = self._named(heading)
        entries = tuple(Entry(self._marked(text), self._marked(label, words=False)) for label, text in items)
        self.sections.append(Section(kind, anchor, heading, entries=entries, note=note))

    def places(self, heading: str, places: tuple[Place, ...]) -> None:
        if places:
            self.sections.append(Section("places", self._named(heading), heading, places=places))

    def sources(self) -> tuple[Cited, ...]:
        """Those that the text names, in its order, then the others."""
        by_number = {source.number: source for source in self.content.references}
        named = self.marker.citations.order
        order = [*named, *(number for number in by_number if number not in named)]
        return tuple(
            Cited(shown, by_number[number], tuple(self._uses(shown, number)))
            for shown, number in enumerate(order, start=1)
        )

    def _uses(self, shown: int, number: int) -> list[str]:
        return [f"cite-{shown}-{use}" for use in range(1, self.marker.citations.uses.get(number, 0) + 1)]

    def _named(self, heading: str) -> str:
        anchor = self.marker.anchor(heading)
        self.contents.append(Heading(anchor, heading))
        return anchor

    def _marked(self, text: str, *, words: bool = True) -> SafeString:
        return mark_safe(self.marker.text(text, words=words))  # noqa: S308 - the marker escapes

    def _paragraphs(self, text: str) -> SafeString:
        parts = [part.strip() for part in text.splitlines() if part.strip()]
        return mark_safe("".join(f"<p>{self.marker.text(part)}</p>" for part in parts))  # noqa: S308


def _takeaway(page: _Page) -> None:
    page.plain("takeaway", "Key takeaway", page.content.key_takeaway)


def _short_answer(page: _Page) -> None:
    page.plain("answer", "Short answer", page.content.short_answer)


def _steps(page: _Page) -> None:
    page.listed("steps", "How it works, step by step", page.content.steps)


def _body(page: _Page) -> None:
    page.rich("body", "What research shows" if page.content.is_question else "", page.content.body)


def _evidence(page: _Page) -> None:
    page.rich("evidence", "How strong is the evidence?", page.content.evidence)


def _challenges(page: _Page) -> None:
    page.listed("challenges", "Why this is hard to do", page.content.challenges)


def _statuses(page: _Page) -> None:
    as_of = page.content.status_as_of
    page.listed("statuses", "Where things stand", page.content.statuses, note=as_of.isoformat() if as_of else "")


def _asks(page: _Page) -> None:
    page.listed("asks", "Questions to ask your care team", page.content.asks)


def _caution(page: _Page) -> None:
    page.plain("caution", "Take care", page.content.caution)


def _our_view(page: _Page) -> None:
    page.rich("view", "Our view", page.content.our_view, note=page.content.our_view_by)


def _faqs(page: _Page) -> None:
    page.asked("Common questions", page.content.faqs)


def _places(page: _Page) -> None:
    page.places("Where to find more information", page.content.resources)


def _context(page: _Page) -> None:
    page.rich("context", "What to keep in mind", page.content.context)


ARTICLE = (
    _takeaway, _short_answer, _body, _steps, _challenges, _evidence, _statuses, _caution, _our_view, _context, _faqs,
    _asks, _places,
)  # fmt: skip
QUESTION = (
    _short_answer, _steps, _body, _evidence, _challenges, _statuses, _caution, _our_view, _asks, _faqs, _places,
    _context, _takeaway,
)  # fmt: skip
