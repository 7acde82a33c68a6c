"""The Atom feed of our explainers: newest text first, each with its key takeaway."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import conditional_page, require_safe

from explainers.content import thaw
from explainers.marking import CITATION
from explainers.models import Explainer, ExplainerVersion
from explainers.rendering import clean_again, without_controls

MOST = 30


@require_safe
@conditional_page
def feed(request: HttpRequest) -> HttpResponse:
    rows = [(row, row.live) for row in Explainer.objects.newest()[:MOST] if row.live]
    out = _DatedFeed(
        title=f"Explainers · {settings.SITE_NAME}", link=f"{settings.SITE_URL}/explainers/", description="",
        feed_url=settings.SITE_URL + request.path, author_name=settings.SITE_NAME, language="en",
        subtitle="Treatments and studies in plain words, with their sources",
    )  # fmt: skip
    out.latest = rows[0][1].published_at if rows else datetime(2026, 1, 1, tzinfo=UTC)
    for row, version in rows:
        _entry(out, row, version)
    return HttpResponse(out.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _entry(feed: "_DatedFeed", row: Explainer, version: ExplainerVersion) -> None:
    content = thaw(version.content)
    first = content.key_takeaway or content.short_answer
    text = "\n".join(part for part in (CITATION.sub("", first), content.dek) if part)
    feed.add_item(
        title=without_controls(content.title), description=without_controls(text),
        link=settings.SITE_URL + row.get_absolute_url(), categories=[without_controls(row.category.name)],
        unique_id=f"urn:plaintrials:explainer:{row.pk}", author_name=without_controls(version.author_name),
        pubdate=row.first_published_at, updateddate=version.published_at,
        content=_with_addresses(clean_again(content.body)),
    )  # fmt: skip


def _with_addresses(html: str) -> str:
    """A feed reader stands outside the site: its links need the whole address."""
    return html.replace('href="/', f'href="{settings.SITE_URL}/').replace('src="/', f'src="{settings.SITE_URL}/')


class _DatedFeed(Atom1Feed):
    latest: datetime

    def latest_post_date(self) -> datetime:
        return self.latest

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})
