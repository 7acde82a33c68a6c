"""What came, went or was reworded among the eligibility criteria, one criterion at a time. Pure."""

import re
from typing import Any

from trials.differences import Difference, pair_alike, pair_off
from trials.eligibility import parse, walk
from trials.markdown import read_lines
from trials.text_match import is_slip, key, likeness, tokens

_ALIKE = 0.5
_SPACES = re.compile(r"(?<=\S)[ \t]{2,}")


def criteria_differences(old: str, new: str) -> list[Difference]:
    """None or one difference: `eligibility`, or `eligibility_wording` where only slips of the pen were mended.

    `old` is {"removed": [...], "edited": [...]}, `new` {"added": [...], "edited": [...]}; the items are
    {"list": "inclusion" | "exclusion" | "other", "text": ...}, the edited ones side by side. An emptied text counts
    as not served, and so does one that appears where there was none: every real record has criteria.
    """
    if not old or not new or old == new or _flow(old) == _flow(new):
        return []
    pairs, gone, come = _matched(criteria(old), criteria(new))
    slips = [pair for pair in pairs if is_slip(pair[0]["text"], pair[1]["text"])]
    edits = [pair for pair in pairs if pair not in slips]
    if edits or gone or come:
        return [_difference("eligibility", gone, come, pairs)]
    return [_difference("eligibility_wording", [], [], slips)] if slips else []


def criteria(text: str) -> list[dict[str, str]]:
    """The criteria as {"list", "text"}, without order, numbers and nesting."""
    parsed = parse(_even(text))
    sides = (("inclusion", parsed.inclusion), ("exclusion", parsed.exclusion), ("other", parsed.other))
    return [{"list": side, "text": item.text} for side, items in sides for item in walk(items) if tokens(item.text)]


def _even(text: str) -> str:
    """One space between words: the width of the space after a bullet is no news (NCT03159546)."""
    return _SPACES.sub(" ", text)


def _flow(text: str) -> list[str]:
    """The words one after the other, without the marks of the lists: blind to how the text is broken into lines."""
    return [token for line in read_lines(_even(text)) for token in tokens(line.text)]


def _matched(
    old: list[dict[str, str]], new: list[dict[str, str]]
) -> tuple[list[tuple[Any, Any]], list[dict[str, str]], list[dict[str, str]]]:
    """Edited pairs, removed, added. Where only one text falls into lists, a lost heading is no news: lists merge."""
    by_list = _is_split(old) == _is_split(new)

    def score(a: dict[str, str], b: dict[str, str]) -> float:
        return likeness(a["text"], b["text"]) if not by_list or a["list"] == b["list"] else 0.0

    _, gone, come = pair_off(old, new, lambda item: (item["list"] if by_list else "", key(item["text"])))
    return pair_alike(gone, come, score, _ALIKE)


def _is_split(items: list[dict[str, str]]) -> bool:
    return {"inclusion", "exclusion"} <= {item["list"] for item in items}


def _difference(kind: str, gone: list[Any], come: list[Any], pairs: list[tuple[Any, Any]]) -> Difference:
    return Difference(
        field="eligibility",
        kind=kind,
        old={"removed": gone, "edited": [pair[0] for pair in pairs]},
        new={"added": come, "edited": [pair[1] for pair in pairs]},
    )
