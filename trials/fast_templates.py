"""Jinja2 for the parts of pages that most visitors come for: it renders them in a third of the time of Django's own
templates. The filters are those of every template here; an unknown name is an error.
"""

import re
from typing import Any

from django.template import defaultfilters
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from jinja2 import Environment, StrictUndefined
from jinja2.ext import Extension

_INCLUDE = re.compile(r'{% include "([\w/.]+)" %}')


class WrittenOut(Extension):
    """Plain includes are written out when a template is compiled: a page of twenty parts is one call, not twenty."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _INCLUDE.sub(lambda found: self.preprocess(self._source(found[1]), found[1]), source)

    def _source(self, name: str) -> str:
        assert self.environment.loader is not None
        return self.environment.loader.get_source(self.environment, name)[0]


def environment(**options: Any) -> Environment:
    # Django's backend sets autoescape.
    env = Environment(  # noqa: S701
        **{**options, "undefined": StrictUndefined, "keep_trailing_newline": True, "extensions": [WrittenOut]}
    )
    from trials.templatetags import wording  # has the tag by which a template includes one of these

    env.filters |= wording.register.filters
    env.filters |= {name: getattr(defaultfilters, name) for name in ("pluralize", "date", "urlencode")}
    env.globals |= {"static": static, "django": _django}
    return env


def rendered(name: str, context: dict[str, Any]) -> SafeString:
    return mark_safe(render_to_string(name, context, using="jinja2"))  # noqa: S308 - it escapes as it renders


def _django(name: str, **context: Any) -> SafeString:
    """A part that other pages have as well, and this one rarely."""
    return render_to_string(name, context)
