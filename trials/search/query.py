"""What was asked, in terms, and the SQL condition that it makes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from trials.search.terms import filtered

YEAR = 365.25
FEW = 8
OPEN = 2**20
"""Written out in the statement, so that the planner knows the index of open trials to hold them all."""
MOST_ALTERNATIVES = 8


@dataclass(frozen=True)
class Part:
    """One filter: all of `every`, one of each group of `any_of`, and of each of `either` one of its sets."""

    every: tuple[int, ...] = ()
    any_of: tuple[tuple[int, ...], ...] = ()
    either: tuple[tuple[tuple[int, ...], ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.every or self.any_of or self.either)


@dataclass(frozen=True)
class Query:
    """`parts` by the filter that asks for them, so that one can be left out again; `in_names` stands in for q."""

    parts: dict[str, Part] = field(default_factory=dict)
    in_names: Part = Part()
    age: int | None = None
    only_open: bool = False

    def where(self, *without: str, only_names: bool = False, label: str = "") -> tuple[str, dict[str, Any]]:
        """An SQL condition on trials_trialsearch and its parameters, whose names say what was left out, or `label`."""
        parts = [part for name, part in self.parts.items() if name not in without]
        if only_names:
            parts.append(self.in_names)
        values: dict[str, Any] = {}
        suffix = label or ("_".join(("without", *without)) if without else "named" if only_names else "all")

        def parameter(value: Any) -> str:
            name = f"p{len(values)}_{suffix}"
            values[name] = value
            return f"%({name})s"

        groups = [group for part in parts for group in part.any_of]
        clauses = []
        if self.only_open and "status" not in without:
            # Many points: nothing but the index of all terms may be used, as comparing them row by row takes seconds.
            if any(len(group) > FEW for group in groups):
                parts.append(Part(every=(filtered("open"),)))
            else:
                clauses.append(f"rank >= {OPEN}")
        clauses += _containing(parts, parameter)
        clauses += [f"terms && {parameter(list(group))}::int[]" for group in groups]
        if self.age is not None and "age" not in without:
            youngest, oldest = int(self.age * YEAR), int((self.age + 1) * YEAR) - 1
            clauses.append(f"minimum_age <= {parameter(oldest)} AND maximum_age >= {parameter(youngest)}")
        return " AND ".join(clauses) or "true", values


def _containing(parts: Sequence[Part], parameter: Callable[[Any], str]) -> list[str]:
    """Each mix of alternatives with all that is asked anyway: so the index meets the rare terms first."""
    every = [term for part in parts for term in part.every]
    either = [pair for part in parts for pair in part.either]
    if not every and not either:
        return []
    mixes = [[*every, *(term for chosen in mix for term in chosen)] for mix in product(*either)]
    return [f"({' OR '.join(f'terms @> {parameter(mix)}::int[]' for mix in mixes)})"]
