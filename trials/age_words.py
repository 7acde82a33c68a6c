"""The registry's ages in a reader's words. Pure."""

import re

_AGE = re.compile(r"(\d+) (Year|Month|Week|Day|Hour|Minute)s?", re.IGNORECASE)


def age_label(raw: str) -> str:
    """`18 Years` -> `18 years`, `1 Years` -> `1 year`; other text as it is."""
    match = _AGE.fullmatch(raw.strip())
    if not match:
        return raw
    count, unit = int(match[1]), match[2].lower()
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def lowest_age(raw: str) -> str:
    """As `age_label`; "" for `0 Years`, which is no limit."""
    return "" if raw.startswith("0 ") else age_label(raw)


def age_range_label(minimum: str, maximum: str) -> str:
    """`18 years to 75 years` as `18 to 75 years`; `18 years and older`; `Up to 75 years`; `Any age`."""
    low, high = lowest_age(minimum), age_label(maximum)
    if low == high:
        return low or "Any age"
    if low and high:
        same_unit = low.split()[-1].rstrip("s") == high.split()[-1].rstrip("s") and _AGE.fullmatch(minimum)
        return f"{low.split()[0]} to {high}" if same_unit else f"{low} to {high}"
    if low:
        return f"{low} and older"
    return f"Up to {high}"
