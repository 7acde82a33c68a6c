"""A change's old and new value as words for <del> and <ins>. Pure but for reading the row it is given."""

from typing import Any, NamedTuple

from trials import vocabulary
from trials.age_words import age_label
from trials.changes import Change
from trials.markdown import shown
from trials.masking import masked
from trials.models import TrialChange
from trials.word_diff import Piece, word_diff

_LONG = 90
_LABELS = {
    "status": vocabulary.status_label,
    "study_type": vocabulary.study_type_label,
    "masking": vocabulary.masking_label,
    "sex": vocabulary.sex_label,
    "minimum_age": age_label,
    "maximum_age": age_label,
}


class Compared(NamedTuple):
    """Two short values side by side, or one text with its differences marked."""

    old: str = ""
    new: str = ""
    pieces: tuple[Piece, ...] = ()


def compared(change: TrialChange | Change) -> list[Compared]:
    """What stood there and what stands there now; nothing where the sentence has said it all."""
    if change.kind in ("eligibility", "eligibility_wording"):
        return _criteria(change.old or {}, change.new or {})
    if change.field.endswith("/more"):
        old = change.old if isinstance(change.old, list) else []
        new = change.new if isinstance(change.new, list) else []
        length = max(len(old), len(new))
        pairs = zip(old + [None] * (length - len(old)), new + [None] * (length - len(new)), strict=True)
        return [_pair(change.field, a, b) for a, b in pairs]
    return [_pair(change.field, change.old, change.new)]


def _criteria(old: dict[str, Any], new: dict[str, Any]) -> list[Compared]:
    edited = zip(old.get("edited", []), new.get("edited", []), strict=True)
    out = [_side_by_side(shown(before["text"]), shown(after["text"])) for before, after in edited]
    out += [Compared(new=shown(item["text"])) for item in new.get("added", [])]
    return out + [Compared(old=shown(item["text"])) for item in old.get("removed", [])]


def _pair(field: str, old: Any, new: Any) -> Compared:
    return _side_by_side(masked(words(field, old)), masked(words(field, new)))


def _side_by_side(before: str, after: str) -> Compared:
    """Short texts are read whole, one below the other: marks within a few words are a riddle."""
    if before and after and len(before) + len(after) > _LONG:
        return Compared(pieces=word_diff(before, after))
    return Compared(before, after)


def words(field: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return vocabulary.phase_label(value) if field == "phases" else "; ".join(words(field, item) for item in value)
    if isinstance(value, dict):
        return _facts(value)
    label = _LABELS.get(field)
    return label(str(value)) if label else shown(str(value))


def _facts(value: dict[str, Any]) -> str:
    if "date" in value:
        planned = " (planned)" if value.get("type") == "ESTIMATED" else ""
        return vocabulary.date_label(str(value["date"])) + planned
    if "count" in value:
        return f"{value['count']:,}" + (" planned" if value.get("type") == "ESTIMATED" else "")
    if "measure" in value:
        return ", ".join(part for part in (shown(value["measure"]), shown(value.get("time_frame") or "")) if part)
    if "city" in value:
        status = vocabulary.status_label(value["status"]) if value.get("status") else ""
        where = vocabulary.place_label(*(value.get(k) or "" for k in ("facility", "city", "state", "zip", "country")))
        return f"{where} ({status})" if status else where
    return "; ".join(str(item) for item in value.values() if item not in (None, "", []))
