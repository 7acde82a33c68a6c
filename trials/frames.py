"""The frame of a page that most visitors come for: rendered once, and then filled as often as somebody asks.

Head, menu and foot are the same for every trial but for a few gaps. A frame is good for as long as what stands in it
stays the same: the site's own words, and whatever else a page names (when the registry was last looked at).
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_GAP = "\ue000{}\ue000"
"""A letter of private use: no escaping changes it. Only templates are searched for gaps, never what fills them."""
_GAPS = re.compile("\ue000(\\w+)\ue000")


class Frame:
    """A template with `gaps` in the place of names that are texts, and with `fixed` values for the others."""

    def __init__(self, template: str, gaps: tuple[str, ...], fixed: Mapping[str, object]) -> None:
        marks = {name: _GAP.format(name) for name in gaps}
        rendered = render_to_string(template, {**fixed, **marks})
        self._parts = _GAPS.split(rendered)  # text and names take turns
        if missing := set(gaps) - set(self._parts[1::2]):
            raise ValueError(f"{template} has no gap for {', '.join(sorted(missing))}")

    def filled(self, pieces: Mapping[str, str]) -> SafeString:
        """Pieces that are not marked safe are escaped."""
        parts = self._parts.copy()
        parts[1::2] = [conditional_escape(pieces[name]) for name in parts[1::2]]
        return mark_safe("".join(parts))  # noqa: S308 - the template escaped its own, and `conditional_escape` the rest


def frame(template: str, gaps: tuple[str, ...], **fixed: object) -> Frame:
    """`fixed` values are compared to find a frame again: give few, that change rarely."""
    names = ("SITE_NAME", "SITE_URL", "SAMPLE_DATA", "DEMO")
    site = {name: getattr(settings, name) for name in names}
    return _made(template, gaps, tuple({**site, **fixed}.items()))


@lru_cache(maxsize=16)
def _made(template: str, gaps: tuple[str, ...], fixed: tuple[tuple[str, object], ...]) -> Frame:
    return Frame(template, gaps, dict(fixed))
