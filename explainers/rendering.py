"""Editors' text -> safe HTML. The only file that knows bleach and nh3. Pure.

Text is cleaned when it is saved and again when it is shown, so that a text put straight into the database is
harmless too. bleach gets no more security fixes; nh3 has the last word.
"""

import re
from functools import lru_cache
from importlib.metadata import version

import bleach
import nh3

RULES = 1
TAGS = frozenset(
    "a b blockquote br caption dd dl dt em h2 h3 h4 hr i img li ol p strong sub sup"
    " table tbody td th thead tr ul".split()
)
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "th": {"scope"}}
SCHEMES = frozenset({"https", "http"})
_DROPPED_WITH_CONTENT = frozenset(
    "script style template title textarea noscript iframe noembed noframes xmp svg math object select".split()
)
_WITH_CONTENT = re.compile(rf"<({'|'.join(sorted(_DROPPED_WITH_CONTENT))})\b[^>]*>.*?</\1\s*>", re.I | re.S)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HREF = re.compile(r"https?://[^\s/]+\S*|/(?![/\\])\S*|#[\w-]+|/", re.I)
_OWN_IMAGE = re.compile(r"/explainers/images/[a-z0-9-]+/")


def sanitiser() -> str:
    """What a text was cleaned with; stored beside it."""
    return f"bleach {version('bleach')}, nh3 {version('nh3')}, rules {RULES}"


def without_controls(text: str) -> str:
    """XML knows no control characters, and no reader sees them."""
    return _CONTROLS.sub("", text)


def clean(html: str) -> str:
    """Only the tags and attributes of a text that tells something. Cleaning twice changes nothing."""
    once = _pass(html)
    twice = _pass(once)
    return twice if twice == once else _pass(twice)


@lru_cache(maxsize=512)
def clean_again(html: str) -> str:
    """`clean` for pages, feeds and mails; remembers by content."""
    return clean(html)


def _pass(html: str) -> str:
    html = _WITH_CONTENT.sub("", without_controls(html))
    bleached = bleach.clean(
        html, tags=TAGS, attributes=_bleach_keeps, protocols=SCHEMES, strip=True, strip_comments=True
    )
    return nh3.clean(
        bleached,
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_nh3_keeps,
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer",
        strip_comments=True,
    ).strip()


def _bleach_keeps(tag: str, name: str, value: str) -> bool:
    return name in ATTRIBUTES.get(tag, ()) and _nh3_keeps(tag, name, value) is not None


def _nh3_keeps(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if _HREF.fullmatch(value.strip()) else None
    if name == "src":
        return value if _OWN_IMAGE.fullmatch(value) else None
    if name == "scope":
        return value if value in ("row", "col") else None
    return value


def words_of(html: str) -> str:
    """The text without its tags, a block a line: for the search, mails and the gauge."""
    spaced = re.sub(r"<(?:/(?:p|li|h[2-4]|td|th|dt|dd|blockquote|caption|tr)|br|hr)\b[^>]*>", "\n", clean_again(html))
    bare = nh3.clean(spaced, tags=set())
    return re.sub(r"[ \t]+", " ", re.sub(r"\s*\n\s*", "\n", _unescaped(bare))).strip()


def _unescaped(text: str) -> str:
    for entity, char in (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, char)
    return text
