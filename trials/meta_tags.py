"""A page's title and description, each written once, for <title>, the description and Open Graph."""

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

LONG_TITLE = 56
"""Search engines show some 70 characters: a longer title goes without the name of the site."""
WORDS = 28
"""Of a description: search engines show some 160 characters."""


def meta_tags(title: str, about: str) -> SafeString:
    """What is not marked safe is escaped."""
    is_complete = settings.SITE_NAME in title or len(title) > LONG_TITLE
    full = title if is_complete else format_html("{} · {}", title, settings.SITE_NAME)
    return format_html(
        '<title>{}</title>\n<meta name="description" content="{}">\n<meta property="og:title" content="{}">\n'
        '<meta property="og:description" content="{}">\n<meta property="og:site_name" content="{}">',
        full, about, title, about, settings.SITE_NAME,
    )  # fmt: skip


def first_words(text: str) -> str:
    words = text.split()
    return " ".join(words) if len(words) <= WORDS else " ".join(words[:WORDS]) + " …"
