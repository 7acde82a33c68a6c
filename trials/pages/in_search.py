"""The way through a search: links of a list carry its question, so that a trial's page can lead to the next one.

The page itself asks nothing more for it: the next trial is looked up when somebody goes there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from trials.search.asking import MOST, PER_PAGE, Asked, understood

LONGEST, MOST_FILTERS = 1000, 30
"""Characters of the question. Encoded a second time it must fit the address of a page; a longer one is not carried."""


@dataclass(frozen=True)
class InSearch:
    """A trial's page, reached from place `at` of a list, counted from 1."""

    asked: Asked
    at: int

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "InSearch | None":
        """None where the page was reached otherwise, or the address makes no sense: then it is the plain page."""
        text, at = parameters.get("in"), parameters.get("at", "")
        if text is None or len(text) > LONGEST or text.count("&") > MOST_FILTERS:
            return None
        if not (at.isascii() and at.isdigit() and len(at) < 6 and 1 <= int(at) <= MOST):
            return None
        asked = understood(QueryDict(text))
        return None if asked.problems or (asked.near and asked.place is None) else cls(asked, int(at))

    @property
    def query(self) -> str:
        return f"{carried(self.asked)}{self.at}"

    @property
    def back(self) -> str:
        """The page of the list that has the trial."""
        page = (self.at - 1) // PER_PAGE + 1
        return self.asked.address(page=page) if page > 1 else self.asked.address()

    @property
    def previous(self) -> str:
        return f"step/{self.query}&to=previous" if self.at > 1 else ""

    @property
    def next(self) -> str:
        return f"step/{self.query}&to=next" if self.at < MOST else ""

    @property
    def tells_a_place(self) -> bool:
        return bool(self.asked.near)


def carried(asked: Asked) -> str:
    """What links to trials of the list add to their addresses, but for the place; "" for a question too long for it."""
    question = asked.address().partition("?")[2]
    return "?" + urlencode({"in": question, "at": ""}) if len(question) <= LONGEST else ""
