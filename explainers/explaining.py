"""A plain summary's texts -> HTML in which each word of the glossary is marked where it first stands. Pure."""

from functools import lru_cache
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe

from explainers.marking import Glossary, Vocabulary, Word


class Explained(NamedTuple):
    summary: tuple[SafeString, ...]
    """Its paragraphs."""
    active_substance: SafeString
    could_lead_to: SafeString
    could_go_wrong: SafeString
    words: tuple[Word, ...]
    """Those that are marked, in the order of the page."""


@lru_cache(maxsize=512)
def explain(
    summary: str, active_substance: str, could_lead_to: str, could_go_wrong: str, vocabulary: Vocabulary
) -> Explained:
    """Kept by its texts and by the glossary: marking takes longer than all the rest of a summary's part of the page."""
    glossary = Glossary(vocabulary)

    def marked(text: str) -> SafeString:
        return mark_safe(glossary.mark(text))  # noqa: S308 - the marker escapes

    paragraphs = tuple(marked(line) for line in summary.splitlines() if line)
    substance, lead_to, go_wrong = marked(active_substance), marked(could_lead_to), marked(could_go_wrong)
    return Explained(paragraphs, substance, lead_to, go_wrong, tuple(glossary.used))
