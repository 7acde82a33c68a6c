"""Filters and tags that every template has without loading: dates, plain text, labels of trials/vocabulary.py."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from trials import fast_templates, vocabulary
from trials.markdown import Block, ListItem, plain_paragraphs, shown
from trials.masking import masked
from trials.meta_tags import meta_tags

register = template.Library()


@register.filter
def record_date(value: Any) -> SafeString | str:
    """A RecordDate, or its text, as precise as the registrant was: `2026-07` reads Jul 2026."""
    text = getattr(value, "date", value) or ""
    return _time(text) if text and isinstance(text, str) else ""


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """A moment or a day as `Jul 1, 2026`, in UTC."""
    if not value:
        return ""
    when = localtime(value) if isinstance(value, datetime) else value
    return _time(f"{when:%Y-%m-%d}")


@lru_cache(maxsize=20_000)
def _time(text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', text, vocabulary.date_label(text))


@register.filter
def plain(value: str) -> str:
    """A registrant's one-line text without markdown's escapes and without contacts."""
    return masked(shown(value)) if value else ""


@register.filter
def prose(value: str) -> SafeString:
    """A registrant's longer text as paragraphs and lists. Everything is escaped; only our own tags are safe."""
    return mark_safe("".join(_block(block) for block in plain_paragraphs(value or "")))  # noqa: S308


def _block(block: Block) -> str:
    if block.kind == "paragraph":
        return f"<p>{escape(masked(block.text))}\n</p>"
    return f"<ul>{_items(block.items)}</ul>"


@register.filter
def items(value: Sequence[ListItem]) -> SafeString:
    """List items with their lists within, for a <ul> of the template's own. A lone "None" reads as nothing named."""
    if [item.text.strip(" .").lower() for item in value] in (["none"], ["n/a"], ["na"]):
        return mark_safe("<li>The record names nothing.</li>")
    return mark_safe(_items(value))  # noqa: S308


def _items(value: Iterable[ListItem]) -> str:
    out = []
    for item in value:
        text = escape(masked(f"{item.number} {item.text}" if item.number else item.text))
        inner = f"<ul>{_items(item.children)}</ul>" if item.children else ""
        out.append(f'<li class="heading">{text}{inner}\n</li>' if item.is_heading else f"<li>{text}{inner}\n</li>")
    return "".join(out)


_CODE = re.compile(r"\b(?=[\w-]{3,16}\b)(?=[\w-]*\d)\w+(?:-\w+)+\b")


@register.filter
def codes(value: str) -> SafeString:
    """A headline whose codes (B7-H3, CAR-19) do not break at their hyphen."""
    return mark_safe(_CODE.sub(r'<span class="whole">\g<0></span>', escape(masked(shown(value)))))  # noqa: S308


register.filter("status_label", vocabulary.status_label)
register.filter("phase_label", vocabulary.phase_label)
register.filter("study_type_label", vocabulary.study_type_label)
register.filter("intervention_type_label", vocabulary.intervention_type_label)
register.filter("arm_type_label", vocabulary.arm_type_label)
register.filter("sponsor_class_label", vocabulary.sponsor_class_label)

_SHAPES = {
    "open": '<circle class="full" cx="8" cy="8" r="6.5"/>',
    "wait": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 2"/>',
    "done": '<path d="m2.5 8.5 3.5 4 7.5-9"/>',
    "stop": '<path d="M3 3l10 10M13 3 3 13"/>',
    "still": '<rect x="2.5" y="2.5" width="11" height="11" rx="1.5"/>',
    "unknown": '<path d="M5 6a3 3 0 1 1 3 3v1.5M8 13.5v.4"/>',
}
_SHAPE_OF = {
    "RECRUITING": "open", "AVAILABLE": "open", "NOT_YET_RECRUITING": "wait", "SUSPENDED": "wait",
    "TEMPORARILY_NOT_AVAILABLE": "wait", "COMPLETED": "done", "APPROVED_FOR_MARKETING": "done",
    "TERMINATED": "stop", "WITHDRAWN": "stop", "NO_LONGER_AVAILABLE": "stop", "ACTIVE_NOT_RECRUITING": "still",
    "ENROLLING_BY_INVITATION": "still",
}  # fmt: skip


@register.filter
@lru_cache(maxsize=100)
def status_pill(status: str) -> SafeString:
    """A status by word, shape and colour, so that none of them speaks alone."""
    shape = _SHAPE_OF.get(status, "unknown")
    return format_html(
        '<span class="pill {}"><svg viewBox="0 0 16 16" aria-hidden="true">{}</svg>{}</span>',
        shape,
        mark_safe(_SHAPES[shape]),  # noqa: S308 - a constant of this module
        vocabulary.status_label(status),
    )


@register.simple_tag(takes_context=True)
def fast(context: template.Context, name: str, **more: Any) -> SafeString:
    """A part that is written in Jinja2, with all that this template knows: see trials/fast_templates.py."""
    known: dict[str, Any] = context.flatten()  # type: ignore[assignment]  # a template's names are texts
    return fast_templates.rendered(name, {**known, **more})


class MetaNode(template.Node):
    """The title and the description, each written in a block."""

    child_nodelists = ("title", "about")

    def __init__(self, title: NodeList, about: NodeList) -> None:
        self.title, self.about = title, about

    def render(self, context: template.Context) -> SafeString:
        return meta_tags(_one_line(self.title.render(context)), _one_line(self.about.render(context)))


def _one_line(rendered: str) -> SafeString:
    return mark_safe(" ".join(rendered.split()))  # noqa: S308 - the template engine has escaped it


@register.tag
def meta(parser: Parser, token: Token) -> MetaNode:
    title = parser.parse(("description",))
    parser.delete_first_token()
    about = parser.parse(("endmeta",))
    parser.delete_first_token()
    return MetaNode(title, about)
