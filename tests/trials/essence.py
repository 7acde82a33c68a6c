"""Watched values without what is no change: case, punctuation, layout."""

from typing import Any

import msgspec

from trials.text_match import key


def essence(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: essence(part) for name, part in value.items()}
    if isinstance(value, list):
        return sorted((essence(part) for part in value), key=msgspec.json.encode)
    return key(value) if isinstance(value, str) else value
