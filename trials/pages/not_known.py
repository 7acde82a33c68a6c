"""What a visitor asked for that we do not know, in sentences: an empty or a longer list would puzzle."""

from collections.abc import Mapping

from trials.search.finding import Found

LONGEST = 60


def not_known(found: Found, typed: Mapping[str, str]) -> list[str]:
    """`typed` are the parameters as they came. What made no sense at all is in `asked.problems`."""
    asked = found.asked
    if asked.near and asked.place is None:
        known = "Try a larger town nearby, add the country, or give a US ZIP code."
        return [f"We do not know the place “{asked.near}”. {known}"]
    if asked.problems:
        return []
    lines = [_condition(found, _said(typed, "condition")), _country(found, _said(typed, "country")),
             _state(found, _said(typed, "state")), _order(found, typed)]  # fmt: skip
    return [line for line in lines if line]


def _said(typed: Mapping[str, str], name: str) -> str:
    return " ".join(typed.get(name, "").split())[:LONGEST]


def _condition(found: Found, said: str) -> str:
    if not found.asked.condition or found.resolved.condition:
        return ""
    return f"We do not know the condition “{said}”. Look for it among the conditions from A to Z."


def _country(found: Found, said: str) -> str:
    if not found.asked.country or _is_known_country(found):
        return ""
    return f"We do not know the country “{said}”: no trial has a site there."


def _is_known_country(found: Found) -> bool:
    return bool(found.resolved.whole_country if found.asked.state else found.resolved.regions)


def _state(found: Found, said: str) -> str:
    if not found.asked.state or found.resolved.regions or (found.asked.country and not _is_known_country(found)):
        return ""
    where = " of this country" if found.asked.country else ""
    return f"We do not know the state or region “{said}”{where}: no trial has a site there."


def _order(found: Found, typed: Mapping[str, str]) -> str:
    if typed.get("sort") != "near" or found.asked.near:
        return ""
    return "Nearest first needs a place: give a town or a US ZIP code. Without one the best match comes first."


def no_such_page(found: Found) -> str:
    """Empty where there is one, or where nothing fits at all."""
    if not found.total or found.asked.page <= found.pages:
        return ""
    return f"There is no page {found.asked.page}: the last is {found.pages}."
