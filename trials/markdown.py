r"""The registry's markdown -> lines, items and blocks of plain text, for templates that escape. No HTML is made here.

The registry writes few kinds of markdown: paragraphs, `* ` bullets, `1. ` numbers, nesting by two to five spaces and
backslash escapes. List marks are recognised before escapes are undone, so that `\- 1` stays a minus one. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import msgspec

from trials.text import unescape

MAX_DEPTH = 6
"""Lists nested deeper are shown at this depth: nothing is lost, and no page or stack overflows."""

_MARK = re.compile(
    r"(?P<bullet>[*+\-•·‣▪●○–] |[•·‣▪●○]|o (?=[A-Z]))"
    r"|(?P<number>\(?\d{1,3}[.)] |\d{1,2}\)(?=\S)|\(\d{1,3}\)(?=\S)|[①-⑳] ?)"
    r"|(?P<letter>\(?(?:[a-zA-Z]|[ivx]{2,4})[.)] )"
)
_EMPHASIS = re.compile(r"(?<![\\*])\*\*(?=\S)([^*\n]+?)(?<=\S)(?<!\\)\*\*")
_NEEDLESS_ESCAPE = re.compile(r"\\(?=[≤≥≦≧±×°•–—’“”])")
"""Markdown has no escape for these, but NCT00657033 escapes its `≥`."""


class Line(NamedTuple):
    """One line of text. `mark` is "" for none, `*` for a bullet, else the number as written (`3.`, `b)`)."""

    indent: int
    mark: str
    text: str
    follows_on: bool = False

    @property
    def kind(self) -> str:
        return self.mark if self.mark in ("", "*") else "letter" if self.mark.strip("().")[:1].isalpha() else "number"


class ListItem(msgspec.Struct, frozen=True):
    """A point of a list, or a heading whose points are its children. `number` is as written, "" for a bullet."""

    text: str
    children: "tuple[ListItem, ...]" = ()
    number: str = ""
    is_heading: bool = False


class Block(msgspec.Struct, frozen=True):
    kind: Literal["paragraph", "bullets", "numbers"]
    text: str = ""
    items: tuple[ListItem, ...] = ()


def shown(text: str) -> str:
    """Markup of one line -> what a reader sees: no emphasis marks, no escapes, single spaces."""
    if "**" in text:
        text = _EMPHASIS.sub(r"\1", text)
    if "\\" in text:
        text = unescape(_NEEDLESS_ESCAPE.sub("", text))
    return " ".join(text.split())


def read_lines(markup: str) -> Iterator[Line]:
    """Lines that say something, with list marks taken off. `follows_on` means that no empty line came before."""
    after_text, letter = False, ""
    for raw in markup.expandtabs(4).splitlines():
        text = raw.strip()
        if not text:
            after_text = False
            continue
        indent = len(raw) - len(raw.lstrip())
        mark, rest = _marked(text, letter, indent)
        letter = mark.strip("().").casefold() if mark and mark[0] not in "*0123456789" else letter
        yield Line(indent, mark, rest, after_text and not mark)
        after_text = True


def _marked(text: str, letter: str, indent: int) -> tuple[str, str]:
    """A line's list mark and the rest. `E. coli` is no point "E.": letters count from a, or on from the one before."""
    match = _MARK.match(text)
    if not match or not (rest := text[match.end() :].strip()):
        return "", text
    mark = match.group().strip()
    if match["bullet"]:
        return "*", rest
    plain = mark.strip("().").casefold()
    if match["letter"] and not indent and plain not in ("a", "i") and not _comes_after(plain, letter):
        return "", text
    return mark, rest


def _comes_after(plain: str, letter: str) -> bool:
    return bool(letter) and (len(plain) > 1 or ord(plain) == ord(letter[-1]) + 1)


class Node:
    """A ListItem while it is being built."""

    __slots__ = ("children", "is_heading", "number", "parts")

    def __init__(self, text: str, number: str = "", *, is_heading: bool = False) -> None:
        self.parts, self.number, self.is_heading = [text], number, is_heading
        self.children: list[Node] = []

    def freeze(self) -> ListItem:
        """Depth is bounded by `ListBuilder`, so recursion is safe."""
        children = tuple(child.freeze() for child in self.children)
        return ListItem(shown(" ".join(self.parts)), children, self.number, self.is_heading)


class _Open(NamedTuple):
    depth: float
    indent: int
    kind: str
    node: Node


class ListBuilder:
    """Puts marked lines into a tree by their indents. A mark of another kind after "...:" nests without indent."""

    def __init__(self, target: list[Node], max_depth: int = MAX_DEPTH) -> None:
        self._target, self._max_depth = target, max_depth
        self._open: list[_Open] = []

    def add(self, line: Line) -> None:
        if not line.mark and self._continues(line):
            self._open[-1].node.parts.append(line.text)
            return
        node = Node(line.text, "" if line.mark in ("", "*") else line.mark)
        depth = self._depth(line)
        while self._open and self._open[-1].depth >= depth:
            self._open.pop()
        siblings = self._open[-1].node.children if self._open else self._target
        siblings.append(node)
        if len(self._open) < self._max_depth - 1:
            self._open.append(_Open(depth, line.indent, line.kind, node))

    def _continues(self, line: Line) -> bool:
        """A wrapped line: straight below, and neither a new sentence nor further out."""
        return bool(line.follows_on and self._open and not line.text[:1].isupper())

    def _depth(self, line: Line) -> float:
        level = [o for o in self._open if o.indent == line.indent]
        if not line.mark or not level:
            return line.indent
        for candidate in level:
            if candidate.kind == line.kind:
                return candidate.depth
        return line.indent + 0.5 if level[-1].node.parts[-1].rstrip().endswith(":") else line.indent


def freeze(nodes: Iterable[Node]) -> tuple[ListItem, ...]:
    return tuple(node.freeze() for node in nodes)


def plain_paragraphs(markup: str) -> tuple[Block, ...]:
    """A registrant's text (brief summary, detailed description) as blocks of plain text, in order."""
    blocks: list[Block] = []
    paragraph: list[str] = []
    points: list[Node] = []
    builder = ListBuilder(points)

    def close() -> None:
        if paragraph:
            blocks.append(Block("paragraph", shown(" ".join(paragraph))))
        if points:
            blocks.append(Block("numbers" if points[0].number else "bullets", items=freeze(points)))
        paragraph.clear()
        points.clear()

    for line in read_lines(markup):
        in_list = bool(line.mark) or (bool(points) and (line.indent > 0 or line.follows_on))
        if in_list:
            if paragraph:
                close()
            builder = builder if points else ListBuilder(points)
            builder.add(line)
            continue
        if points or not line.follows_on:
            close()
        paragraph.append(line.text)
    close()
    return tuple(block for block in blocks if block.text or block.items)
