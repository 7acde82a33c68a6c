"""Filters of the change lists."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter


class NamedValues(AllValuesFieldListFilter):
    """Every value that there is; the empty one has a name, so that its link can be seen and heard."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "None"}
