"""Clean HTML -> what a page shows: numbered citations, live trial links, marked words, headings with an address. Pure.

One `Marker` goes through all texts of a page in their order, so that references count in the order of first use and a
word is explained where it first stands.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
NCT_ID = re.compile(r"\bNCT\d{8}\b")
_EITHER = re.compile(f"{CITATION.pattern}|(?P<nct>{NCT_ID.pattern})")
_NO_WORDS_IN = frozenset({"a", "h2", "h3", "h4", "sup", "sub", "caption", "th", "dt"})
_VOID = frozenset({"br", "hr", "img"})


@dataclass(frozen=True)
class Word:
    """A glossary term as pages need it."""

    slug: str
    term: str
    definition: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class TrialLink:
    address: str
    status: str


@dataclass(frozen=True)
class Heading:
    anchor: str
    text: str


@dataclass
class Citations:
    """Editors' numbers -> page's numbers, in the order of first use."""

    known: frozenset[int]
    order: list[int] = field(default_factory=list)
    uses: dict[int, int] = field(default_factory=dict)

    def cite(self, number: int) -> tuple[int, int]:
        """The number to show, and how many times it has been used now."""
        if number not in self.order:
            self.order.append(number)
        self.uses[number] = self.uses.get(number, 0) + 1
        return self.order.index(number) + 1, self.uses[number]


class Vocabulary:
    """The terms of the glossary, ready to be found: one for many pages."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.words = tuple(words)
        self.by_form = {form.casefold(): word for word in self.words for form in word.forms if form}
        forms = sorted(self.by_form, key=len, reverse=True)
        joined = "|".join(map(re.escape, forms))
        self.pattern = re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.I) if forms else None


class Glossary:
    """Marks the terms in the texts of one page; each is marked once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.used: list[Word] = []

    def mark(self, text: str) -> str:
        if self.vocabulary.pattern is None:
            return escape(text, quote=False)
        out, end = [], 0
        for match in self.vocabulary.pattern.finditer(text):
            word = self.vocabulary.by_form[match.group().casefold()]
            if word in self.used or not _same_case(match.group(), word):
                continue
            self.used.append(word)
            out += [escape(text[end : match.start()], quote=False), _marked(match.group(), word)]
            end = match.end()
        return "".join([*out, escape(text[end:], quote=False)])


def _same_case(found: str, word: Word) -> bool:
    """CAR is a term where car is a vehicle: a form in capitals is found in capitals only."""
    return any(form == found for form in word.forms) or not any(
        form.casefold() == found.casefold() and form.isupper() for form in word.forms
    )


def _marked(found: str, word: Word) -> str:
    return f'<a class="term" href="#word-{word.slug}">{escape(found, quote=False)}</a>'


class Marker:
    def __init__(
        self,
        *,
        references: Iterable[int] = (),
        trials: Mapping[str, TrialLink] | None = None,
        words: Iterable[Word] = (),
        taken: Iterable[str] = (),
    ) -> None:
        self.citations = Citations(frozenset(references))
        self.trials = trials or {}
        self.glossary = Glossary(Vocabulary(words))
        self.anchors = set(taken)

    def html(self, clean_html: str) -> tuple[str, list[Heading]]:
        """A cleaned text with all marks, and its second-level headings."""
        rewriter = _Rewriter(self)
        rewriter.feed(clean_html)
        rewriter.close()
        return "".join(rewriter.out), rewriter.headings

    def text(self, text: str, *, words: bool = True) -> str:
        """A text without tags, as HTML."""
        out, end = [], 0
        show = self.glossary.mark if words else _escaped
        for match in _EITHER.finditer(text):
            out += [show(text[end : match.start()]), self._cited(match) if match[1] else self._linked(match["nct"])]
            end = match.end()
        return "".join([*out, show(text[end:])])

    def anchor(self, text: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "part"
        name, n = base, 2
        while name in self.anchors:
            name, n = f"{base}-{n}", n + 1
        self.anchors.add(name)
        return name

    def _cited(self, match: re.Match[str]) -> str:
        numbers = [int(number) for number in match[1].split(",")]
        if not self.citations.known.issuperset(numbers):
            return escape(match.group())
        return "".join(map(self._mark_of, numbers))

    def _mark_of(self, number: int) -> str:
        shown, use = self.citations.cite(number)
        return (
            f'<sup class="cite"><a id="cite-{shown}-{use}" href="#ref-{shown}" aria-label="Reference [{shown}]">'
            f"[{shown}]</a></sup>"
        )

    def _linked(self, nct_id: str) -> str:
        link = self.trials.get(nct_id)
        if link is None:
            return f'<a href="https://clinicaltrials.gov/study/{nct_id}" rel="noopener external">{nct_id}</a>'
        status = f' <span class="trial-status">({escape(link.status)})</span>' if link.status else ""
        return f'<a class="trial-link" href="{escape(link.address)}">{nct_id}</a>{status}'


def _escaped(text: str) -> str:
    return escape(text, quote=False)


class _Rewriter(HTMLParser):
    """Passes tags on and hands texts to the marker. Gets nothing but what `rendering.clean` gave."""

    def __init__(self, marker: Marker) -> None:
        super().__init__(convert_charrefs=True)
        self.marker = marker
        self.out: list[str] = []
        self.open: list[str] = []
        self.headings: list[Heading] = []
        self._heading: int | None = None
        self._heading_text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and not (given.get("src") and given.get("alt")):
            return
        if tag in ("h2", "h3"):
            self._heading, self._heading_text = len(self.out), []
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in given.items())
        self.out.append(f"<{tag}{attributes}>")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "h3") and self._heading is not None:
            self._name_heading(tag)
        if tag in self.open:
            self.open.remove(tag)
            self.out.append(f"</{tag}>")

    def _name_heading(self, tag: str) -> None:
        text = " ".join("".join(self._heading_text).split())
        anchor = self.marker.anchor(text)
        self.out[self._heading or 0] = f'<{tag} id="{anchor}">'
        if tag == "h2":
            self.headings.append(Heading(anchor, text))
        self._heading = None

    def handle_data(self, data: str) -> None:
        if self._heading is not None:
            self._heading_text.append(data)
        if "a" in self.open:
            self.out.append(_escaped(data))
        else:
            self.out.append(self.marker.text(data, words=_NO_WORDS_IN.isdisjoint(self.open)))


def mentioned(texts: Iterable[str]) -> list[str]:
    """The NCT IDs in the texts, each once, in order."""
    return list(dict.fromkeys(match for text in texts for match in NCT_ID.findall(text)))


def cited(texts: Iterable[str]) -> list[int]:
    found = (int(n) for text in texts for match in CITATION.findall(text) for n in match.split(","))
    return list(dict.fromkeys(found))
