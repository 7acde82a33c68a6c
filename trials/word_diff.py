"""What differs between two texts, word by word, for `<ins>` and `<del>`. Pure, and bounded in time for any text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|\s+|.", re.DOTALL)
_CHUNK = re.compile(r"[^\n.;]*(?:[\n.;]+\s*|$)")
MAX_EDITS = 400
"""Work grows with length times edits. Past this many edits, sentences are compared, then the whole text."""

Kind = Literal["same", "del", "ins"]


class Piece(NamedTuple):
    kind: Kind
    text: str


def word_diff(old: str, new: str) -> tuple[Piece, ...]:
    """`same` and `ins` pieces joined are exactly `new`; `same` and `del` are `old`, but for white space."""
    edits = _edits(_TOKEN.findall(old), _TOKEN.findall(new))
    if edits is None:
        edits = _by_sentence(old, new)
    return tuple(_joined(_readable(edits)))


def _by_sentence(old: str, new: str) -> list[Piece]:
    """For texts with much change: whole sentences, then the words of what was replaced."""
    chunks = _edits(_chunks(old), _chunks(new))
    if chunks is None:
        return [Piece("del", old), Piece("ins", new)]
    out: list[Piece] = []
    for piece in _joined(chunks):
        if piece.kind == "ins" and out and out[-1].kind == "del":
            words = _edits(_TOKEN.findall(out[-1].text), _TOKEN.findall(piece.text))
            out[-1:] = words if words is not None else [out[-1], piece]
        else:
            out.append(piece)
    return out


def _chunks(text: str) -> list[str]:
    return [chunk for chunk in _CHUNK.findall(text) if chunk]


def _edits(old: Sequence[str], new: Sequence[str]) -> list[Piece] | None:
    """The shortest list of edits (Myers' greedy algorithm), or None if it needs more than MAX_EDITS."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _shortest(old[start : len(old) - end], new[start : len(new) - end])
    if middle is None:
        return None
    head = [Piece("same", token) for token in new[:start]]
    return head + middle + [Piece("same", token) for token in new[len(new) - end :]]


def _shortest(old: Sequence[str], new: Sequence[str]) -> list[Piece] | None:
    if not old or not new:
        return [Piece("del", token) for token in old] + [Piece("ins", token) for token in new]
    reach = {1: 0}
    trail: list[dict[int, int]] = []
    for edits in range(min(len(old) + len(new), MAX_EDITS) + 1):
        trail.append(reach)
        reach = dict(reach)
        for diagonal in range(-edits, edits + 1, 2):
            x = _step(reach, diagonal, edits)
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            reach[diagonal] = x
            if x >= len(old) and x - diagonal >= len(new):
                return _walked_back(old, new, trail)
    return None


def _step(reach: dict[int, int], diagonal: int, edits: int) -> int:
    if diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1]):
        return reach[diagonal + 1]
    return reach[diagonal - 1] + 1


def _walked_back(old: Sequence[str], new: Sequence[str], trail: list[dict[int, int]]) -> list[Piece]:
    x, y = len(old), len(new)
    out: list[Piece] = []
    for edits in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[edits], x - y
        down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        from_x = reach[before]
        from_y = from_x - before
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            out.append(Piece("same", new[y]))
        if edits:
            out.append(Piece("ins", new[from_y]) if down else Piece("del", old[from_x]))
            x, y = from_x, from_y
    return out[::-1]


def _readable(edits: list[Piece]) -> Iterator[Piece]:
    """Spaces and lone marks kept between two changes join them, so that a reader sees phrases, not confetti."""
    position = 0
    while position < len(edits):
        if edits[position].kind == "same":
            yield edits[position]
            position += 1
            continue
        end = _end_of_change(edits, position)
        removed = "".join(p.text for p in edits[position:end] if p.kind != "ins")
        added = "".join(p.text for p in edits[position:end] if p.kind != "del")
        yield from _change(removed, added)
        position = end


def _change(removed: str, added: str) -> Iterator[Piece]:
    if not removed.strip() and not added.strip():
        yield Piece("same", added)
        return
    if removed:
        yield Piece("del", removed)
    if added:
        yield Piece("ins", added)


def _end_of_change(edits: list[Piece], start: int) -> int:
    end = position = start
    while position < len(edits):
        if edits[position].kind != "same":
            end = position = position + 1
        elif position - end < 2 and not any(c.isalnum() for c in edits[position].text):
            position += 1
        else:
            break
    return end


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one kind become one piece; within a change, what went comes before what came."""
    out: list[Piece] = []
    for piece in pieces:
        if piece.kind == "del" and out and out[-1].kind == "ins":
            added = out.pop()
            _append(out, piece)
            out.append(added)
        elif piece.text:
            _append(out, piece)
    return out


def _append(out: list[Piece], piece: Piece) -> None:
    if out and out[-1].kind == piece.kind:
        piece = Piece(piece.kind, out.pop().text + piece.text)
    out.append(piece)
