"""An explainer's whole content as one frozen value: what is published, kept, shown and compared."""

from datetime import date
from typing import Any

import msgspec

from explainers.models import Explainer, ExplainerItem
from explainers.rendering import words_of

RICH = ("body", "evidence", "context", "our_view")
"""Fields that hold HTML; all others are plain text."""


class Item(msgspec.Struct, frozen=True):
    text: str
    label: str = ""


class Question(msgspec.Struct, frozen=True):
    question: str
    answer: str


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    number: int
    title: str
    authors: str = ""
    journal: str = ""
    year: int | None = None
    doi: str = ""
    pmid: str = ""
    url: str = ""
    accessed_on: date | None = None
    retraction: str = ""


class Place(msgspec.Struct, frozen=True):
    name: str
    url: str
    note: str = ""


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    title: str
    dek: str = ""
    key_takeaway: str = ""
    short_answer: str = ""
    body: str = ""
    evidence: str = ""
    caution: str = ""
    context: str = ""
    our_view: str = ""
    our_view_by: str = ""
    status_as_of: date | None = None
    machine_helped: bool = False
    how_made: str = ""
    steps: tuple[Item, ...] = ()
    challenges: tuple[Item, ...] = ()
    statuses: tuple[Item, ...] = ()
    asks: tuple[Item, ...] = ()
    faqs: tuple[Question, ...] = ()
    references: tuple[Source, ...] = ()
    resources: tuple[Place, ...] = ()

    @property
    def is_question(self) -> bool:
        return self.kind == "question"

    @property
    def texts(self) -> list[str]:
        """All words in the order of the page, without tags."""
        plain = [self.title, self.dek, self.key_takeaway, self.short_answer]
        lists = [f"{item.label}\n{item.text}" for item in (*self.steps, *self.challenges, *self.statuses, *self.asks)]
        rich = [words_of(getattr(self, name)) for name in RICH]
        faqs = [f"{faq.question}\n{faq.answer}" for faq in self.faqs]
        return [text for text in [*plain, *lists, *rich, self.caution, *faqs] if text]

    def as_json(self) -> dict[str, Any]:
        builtins: dict[str, Any] = msgspec.to_builtins(self)
        return builtins


LISTS = {
    "steps": ExplainerItem.Kind.STEP,
    "challenges": ExplainerItem.Kind.CHALLENGE,
    "statuses": ExplainerItem.Kind.STATUS,
    "asks": ExplainerItem.Kind.ASK,
}
PLAIN_FIELDS = (
    "kind",
    "title",
    "dek",
    "key_takeaway",
    "short_answer",
    "body",
    "evidence",
    "caution",
    "context",
    "our_view",
    "our_view_by",
    "status_as_of",
    "machine_helped",
    "how_made",
)


def thaw(stored: dict[str, Any]) -> Content:
    return msgspec.convert(stored, Content)


def freeze(explainer: Explainer) -> Content:
    """The working copy as it is now."""
    items = list(explainer.items.all())
    fields: dict[str, Any] = {name: getattr(explainer, name) for name in PLAIN_FIELDS}
    for name, kind in LISTS.items():
        fields[name] = tuple(Item(item.text, item.label) for item in items if item.kind == kind)
    return Content(
        **fields,
        faqs=tuple(Question(faq.question, faq.answer) for faq in explainer.faqs.all()),
        references=tuple(
            Source(*(getattr(reference, name) for name in Source.__struct_fields__))
            for reference in explainer.references.all()
        ),
        resources=tuple(Place(place.name, place.url, place.note) for place in explainer.resources.all()),
    )
