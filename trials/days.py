"""A registry date that is a whole day -> a date. Pure."""

from datetime import date


def whole_day(text: str) -> date | None:
    """None where the registrant gave a month or a year, or what is no date."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
