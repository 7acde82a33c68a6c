"""JSON that nests too deeply to be read at all: the study that does is cut out of what came, and says so itself.

The decoder gives up on the whole text, so that one such study would take a file, or a page of the registry, with it.
"""

import re

import msgspec

MOST = 100
"""Levels within a study; real ones, results and all, have 11."""
TOO_DEEP = "nestedTooDeeply"
"""The one other key of a study that was cut out."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_NCT_ID = re.compile(rb'"nctId"\s*:\s*"(NCT\d{8})"')


def without_deep(body: bytes, level: int) -> bytes:
    """The JSON with a stub in the place of each value at this level (0: the whole) that nests too deeply."""
    kept, done, depth, start, deepest = [], 0, 0, 0, 0
    for token in _TOKEN.finditer(body):
        mark = token[0][:1]
        if mark in b"[{":
            if depth == level:
                start, deepest = token.start(), 0
            depth += 1
            deepest = max(deepest, depth - level)
        elif mark in b"]}":
            depth -= 1
            if depth == level and deepest > MOST:
                kept += [body[done:start], _stub(body[start : token.end()])]
                done, deepest = token.end(), 0
    if depth > level and deepest > MOST:  # it never ends
        kept, done = [*kept, body[done:start], _stub(body[start:])], len(body)
    return b"".join([*kept, body[done:]])


def _stub(value: bytes) -> bytes:
    """Under the study's own ID, where it says one before it goes too deep."""
    found = _NCT_ID.search(value[:1_000_000])
    named = {"protocolSection": {"identificationModule": {"nctId": found[1].decode()}}} if found else {}
    return msgspec.json.encode({**named, TOO_DEEP: True})
