"""Every text that stood on a page, dated and signed, and what differs between two of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from explainers.models import ExplainerVersion, PlainSummary, SummaryText, SummaryVersion
from trials.word_diff import Piece, word_diff


@dataclass(frozen=True)
class Text:
    """A text as it was published. `record_version` is the trial's version it was checked against, where it has one."""

    number: int
    published_at: datetime
    author_name: str
    reviewer_name: str
    parts: tuple[tuple[str, str], ...]
    record_version: int | None = None

    @property
    def title(self) -> str:
        return dict(self.parts).get("Title", "")


@dataclass(frozen=True)
class Difference:
    label: str
    pieces: tuple[Piece, ...]


def of_summary(versions: Iterable[SummaryVersion]) -> list[Text]:
    labels = {name: _label(name) for name in SummaryText.names()}
    return [
        Text(
            row.number, row.published_at, row.author_name, row.reviewer_name,
            tuple((labels[name], value) for name, value in SummaryText.of(row).as_dict().items() if value),
            row.checked_version,
        )
        for row in versions
    ]  # fmt: skip


def _label(name: str) -> str:
    label = str(PlainSummary._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[:1].upper() + label[1:]


def of_explainer(versions: Iterable[ExplainerVersion]) -> list[Text]:
    return [
        Text(
            row.number, row.published_at, row.author_name, row.reviewer_name,
            (("Title", row.title), ("Text", row.words.removeprefix(f"{row.title}\n"))),
        )
        for row in versions
    ]  # fmt: skip


def differences(earlier: Text, later: Text) -> list[Difference]:
    """Part by part, in the order of the page; parts that say the same are left out."""
    old, new = dict(earlier.parts), dict(later.parts)
    labels = [*new, *(label for label in old if label not in new)]
    return [
        Difference(label, word_diff(old.get(label, ""), new.get(label, "")))
        for label in labels
        if old.get(label, "") != new.get(label, "")
    ]
