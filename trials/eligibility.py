"""The registrant's criteria text -> inclusion and exclusion lists. Pure.

No text is lost: what fits no list stands in `other`, and `is_split` says whether the two lists can be trusted.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from trials.criteria_headings import Side, is_bare, is_heading, is_shouted, section_side
from trials.markdown import Line, ListBuilder, ListItem, Node, freeze, read_lines, shown

Criterion = ListItem
"""A criterion, or a heading inside a list: `text`, `children`, `number` as written, `is_heading`."""


class Section(NamedTuple):
    """A stretch of the text under one heading. `title` is the heading as written, "" where there is none."""

    side: Side
    title: str
    items: tuple[Criterion, ...]


class Criteria:
    """The text's sections in its own order, and the lists of each side drawn from them."""

    def __init__(self, sections: tuple[Section, ...] = ()) -> None:
        self.sections = sections

    @cached_property
    def inclusion(self) -> tuple[Criterion, ...]:
        return self._side("inclusion")

    @cached_property
    def exclusion(self) -> tuple[Criterion, ...]:
        return self._side("exclusion")

    @cached_property
    def other(self) -> tuple[Criterion, ...]:
        return self._side("other")

    @property
    def is_split(self) -> bool:
        """Whether both lists were found. If not, a page shows the original text instead."""
        return bool(self.inclusion and self.exclusion)

    def _side(self, side: Side) -> tuple[Criterion, ...]:
        """One list. A heading that says more than "Inclusion Criteria" (a cohort) stays as a heading in it."""
        out: list[Criterion] = []
        for section in self.sections:
            if section.side != side:
                continue
            if section.title and not is_bare(section.title):
                out.append(Criterion(section.title, section.items, is_heading=True))
            else:
                out.extend(section.items)
        return tuple(out)


_INLINE = re.compile(
    r"(?<![A-Za-z\\])(?<!\bthe )(?<!\bsee )(?<!\ball )(?<!\bany )(?<!\bof )"
    r"((?:Key |KEY |Main |MAIN )?(?:Non-[Ii]nclusion|Inclusion|Exclusion|INCLUSION|EXCLUSION)"
    r" (?:[Cc]riteri(?:a|on)|CRITERIA)(?: \([^()]{1,40}\))?\s?:)"
)
_DASHES = re.compile(r"(?:^|(?<=\S)\s+|(?<=[a-z)]))[-•]\s+(?=\S)")
_FIRST = re.compile(r"1[.)] ")


def parse(text: str) -> Criteria:
    """Criteria text as the registry serves it (markdown) -> `Criteria`. Any text parses; the time is linear."""
    builder = _SectionBuilder()
    lines = [part for line in read_lines(text) for part in _broken_up(line)]
    for index, line in enumerate(lines):
        builder.add(line, lines[index + 1] if index + 1 < len(lines) else None)
    return Criteria(_with_unnamed_inclusion(list(builder.sections())))


def _with_unnamed_inclusion(sections: list[Section]) -> tuple[Section, ...]:
    """A list without a heading, then `Exclusion Criteria:` (NCT05329129): the first list is the inclusion list."""
    sides = [section.side for section in sections]
    if sides[:2] == ["other", "exclusion"] and "inclusion" not in sides and not sections[0].title:
        sections[0] = sections[0]._replace(side="inclusion")
    return tuple(sections)


def _broken_up(line: Line) -> Iterator[Line]:
    """Splits a line that holds several: `... relationship Exclusion Criteria: - Heart disease - Stroke`."""
    pieces = _INLINE.split(line.text) if "riteri" in line.text or "RITERI" in line.text else [line.text]
    if 0 < len(pieces[0].split()) < 3:  # "D) Other Exclusion Criteria:" is one heading
        pieces = [line.text]
    first = True
    for index, piece in enumerate(pieces):
        stripped = piece.strip()
        if not stripped:
            continue
        if index % 2:
            yield Line(0, "", stripped)
        elif len(pieces) == 1:
            yield line
        else:
            yield from _inline_points(line._replace(text=stripped), keep_mark=first and bool(line.mark))
        first = False


def _inline_points(line: Line, *, keep_mark: bool) -> Iterator[Line]:
    """`- Informed consent - Diabetes` and `1. Men 2. Over 40` -> their points; else the text as one line."""
    if keep_mark:
        yield line
    elif re.match(r"[-•]\s", line.text):
        yield from (Line(0, "*", part.strip()) for part in _DASHES.split(line.text) if part.strip())
    elif _FIRST.match(line.text):
        yield from _numbered(line.text)
    else:
        yield Line(0, "", line.text)


def _numbered(text: str) -> Iterator[Line]:
    """Cuts where the numbers count on: 1, 2, 3."""
    start, wanted, mark = 0, 1, ""
    for match in re.finditer(r"(?:^|(?<=\s))(\d{1,3})[.)] ", text):
        if int(match[1]) == wanted:
            if text[start : match.start()].strip():
                yield Line(0, mark, text[start : match.start()].strip())
            start, wanted, mark = match.end(), wanted + 1, match.group().strip()
    yield Line(0, mark, text[start:].strip())


class _SectionBuilder:
    """Walks the lines; knows the side, the open heading and the open list."""

    def __init__(self) -> None:
        self._done: list[tuple[Side, str, list[Node]]] = [("other", "", [])]
        self._restart()

    def sections(self) -> Iterator[Section]:
        for side, title, nodes in self._done:
            if nodes or title:
                is_empty = not nodes and not is_bare(shown(title))
                yield Section("other" if is_empty else side, shown(title), freeze(nodes))

    def add(self, line: Line, after: Line | None) -> None:
        side = section_side(line, self._done[-1][0])
        if side:
            number = f"{line.mark} " if line.kind in ("number", "letter") else ""
            self._done.append((side, number + line.text, []))
            self._restart()
        elif is_heading(line, after):
            self._head(line)
        else:
            self._list.add(line)

    def _restart(self) -> None:
        self._major: Node | None = None
        self._list = ListBuilder(self._done[-1][2])

    def _head(self, line: Line) -> None:
        """PDQ style has two ranks: `PATIENT CHARACTERISTICS:` and under it `Age:`."""
        heading = Node(line.text, is_heading=True)
        is_major = is_shouted(line.text)
        parent = self._done[-1][2] if is_major or self._major is None else self._major.children
        parent.append(heading)
        self._major = heading if is_major else self._major
        self._list = ListBuilder(heading.children)


def walk(items: Iterable[Criterion]) -> Iterator[Criterion]:
    """Every criterion, parents before children."""
    for item in items:
        yield item
        yield from walk(item.children)
