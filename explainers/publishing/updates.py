"""The only writer of what followers of a long text are told. Without a note nobody is mailed."""

from datetime import datetime

from django.urls import Resolver404, resolve

from explainers.models import Correction, Explainer, ExplainerUpdate, ExplainerVersion

Kind = ExplainerUpdate.Kind


def tell_of_version(version: ExplainerVersion, what_changed: str) -> None:
    """Nobody follows a text before its first version."""
    note = " ".join(what_changed.split())[: ExplainerUpdate.LONGEST]
    if note and version.number > 1:
        ExplainerUpdate.objects.create(
            explainer=version.explainer,
            kind=Kind.VERSION,
            note=note,
            version=version,
            published_at=version.published_at,
        )


def tell_of_correction(correction: Correction, *, at: datetime) -> None:
    """A line of the public log that is about a long text. Told once, however often the line is saved."""
    explainer = _text_of(correction.page)
    if explainer is None or correction.is_sample:
        return
    note = f"The page said: {_line(correction.was)}\nIt now says: {_line(correction.now)}"
    ExplainerUpdate.objects.get_or_create(
        correction=correction,
        defaults={"explainer": explainer, "kind": Kind.CORRECTION, "note": note, "published_at": at},
    )


def tell_of_withdrawal(explainer: Explainer, *, because: str, at: datetime) -> None:
    note = f"Why: {_line(because)}"
    ExplainerUpdate.objects.create(explainer=explainer, kind=Kind.WITHDRAWN, note=note, published_at=at)


def _text_of(page: str) -> Explainer | None:
    try:
        match = resolve(page.partition("#")[0].partition("?")[0])
    except Resolver404:
        return None
    if match.view_name != "explainers:explainer":
        return None
    return Explainer.objects.published().filter(slug=match.kwargs["slug"]).first()


def _line(text: str) -> str:
    return " ".join(text.split())[:1_000]
