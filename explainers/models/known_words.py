"""The glossary as this process last read it: pages of summaries ask for it at each view, the database once in a while.

It is read again when the site's generation moved, as cached pages are: an editor who saves a term moves it.
"""

import time

from explainers.marking import Vocabulary
from explainers.models.glossary import GlossaryTerm
from trials import generation

LOOK_AGAIN = 0.5
"""Seconds for which a process trusts the generation it last read."""

_looked_at = float("-inf")
_generation: int | None = None
_known = Vocabulary(())


def known_words() -> Vocabulary:
    """The same object for as long as the glossary is the same, so that what was made with it can be kept."""
    global _looked_at, _generation, _known
    now = time.monotonic()
    if now - _looked_at < LOOK_AGAIN:
        return _known
    found = generation.current()
    if found is None or found != _generation or _looked_at == float("-inf"):
        words = tuple(term.as_word() for term in GlossaryTerm.objects.all())
        _known = _known if words == _known.words else Vocabulary(words)
    _looked_at, _generation = now, found
    return _known


def forget() -> None:
    """The next page reads anew."""
    global _looked_at
    _looked_at = float("-inf")
