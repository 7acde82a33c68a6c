"""What an explainer still lacks: blockers keep it from being published, warnings only tell. Pure."""

import re

from explainers.content import RICH, Content
from explainers.marking import CITATION, cited
from explainers.rendering import words_of

OUR_VIEW = re.compile(r"\bour view\b", re.I)
_SECTION = re.compile(r"<h2\b[^>]*>(.*?)</h2>", re.S)
_NO_SOURCE_NEEDED = 25
"""Words. A shorter section is an introduction or a pointer."""


def blockers(content: Content) -> list[str]:
    found = [f"The {label} is empty." for label, text in _needed(content) if not text.strip()]
    found += _citations_without_source(content)
    if not content.is_question:
        found += [f"“{heading}” names no source. Add [1], or say that it is our view."
                  for heading in sections_without_source(content.body)]  # fmt: skip
    if content.statuses and content.status_as_of is None:
        found.append("“Where things stand” needs the date of which it tells.")
    if content.machine_helped and not content.how_made:
        found.append("A machine helped: say how the text was made.")
    return found


def warnings(content: Content) -> list[str]:
    used = set(cited([*content.texts, *(getattr(content, name) for name in RICH)]))
    found = [f"No text names source [{source.number}]." for source in content.references if source.number not in used]
    found += [f"Source [{source.number}] has neither a DOI nor an address."
              for source in content.references if not source.doi and not source.url]  # fmt: skip
    found += [f"Source [{source.number}]: {source.retraction}" for source in content.references if source.retraction]
    if not content.key_takeaway:
        found.append("There is no key takeaway: feeds and lists begin with it.")
    return found


def _needed(content: Content) -> list[tuple[str, str]]:
    first = ("short answer", content.short_answer) if content.is_question else ("text", words_of(content.body))
    return [("title", content.title), ("standfirst", content.dek), first]


def _citations_without_source(content: Content) -> list[str]:
    known = {source.number for source in content.references}
    return [f"The text names [{number}], which is not among the sources."
            for number in cited(content.texts) if number not in known]  # fmt: skip


def sections_without_source(body: str) -> list[str]:
    """Headings of the sections that state something without saying from where."""
    parts = _SECTION.split(body)
    named = zip(parts[1::2], parts[2::2], strict=True)
    return [
        words_of(heading)
        for heading, html in named
        if len(words_of(html).split()) >= _NO_SOURCE_NEEDED
        and not CITATION.search(html)
        and not OUR_VIEW.search(words_of(html))
    ]
