"""What machines read of an explainer: JSON-LD. Pure."""

from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from explainers.content import Content
from explainers.marking import CITATION
from explainers.models import Explainer, ExplainerVersion, GlossaryTerm
from explainers.rendering import words_of
from trials.pages.structured import script_json


def explainer(row: Explainer, version: ExplainerVersion, content: Content) -> SafeString:
    url = settings.SITE_URL + row.get_absolute_url()
    parts = [_page(row, version, content, url), _text(row, version, content, url)]
    if content.faqs:
        questions = [_question(faq.question, faq.answer) for faq in content.faqs]
        parts.append({"@type": "FAQPage", "@id": f"{url}#faq", "mainEntity": questions})
    return script_json({"@context": "https://schema.org", "@graph": parts})


def _page(row: Explainer, version: ExplainerVersion, content: Content, url: str) -> dict[str, Any]:
    page: dict[str, Any] = {"@type": "MedicalWebPage", "@id": url, "url": url, "name": content.title,
                            "description": content.dek, "inLanguage": "en"}  # fmt: skip
    if row.checked_at:
        page["lastReviewed"] = row.checked_at.date().isoformat()
    if version.reviewer_name:
        page["reviewedBy"] = {"@type": "Person", "name": version.reviewer_name}
    about = [{"@type": "MedicalCondition", "name": condition.name} for condition in row.conditions.all()]
    return {**page, "about": about} if about else page


def _text(row: Explainer, version: ExplainerVersion, content: Content, url: str) -> dict[str, Any]:
    text: dict[str, Any] = {
        "mainEntityOfPage": {"@id": url},
        "headline": content.title,
        "description": content.dek,
        "author": {"@type": "Person", "name": version.author_name},
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME, "url": settings.SITE_URL},
        "dateModified": version.published_at.date().isoformat(),
        "articleSection": row.category.name,
        "citation": [_citation(source.title, source.doi, source.url) for source in content.references],
    }
    if row.first_published_at:
        text["datePublished"] = row.first_published_at.date().isoformat()
    if not content.is_question:
        return {"@type": "Article", **text}
    return {"@type": ["QAPage", "Article"], **text, "mainEntity": _question(content.title, content.short_answer)}


def _citation(title: str, doi: str, url: str) -> dict[str, str]:
    address = f"https://doi.org/{doi}" if doi else url
    return {"@type": "CreativeWork", "name": title, **({"sameAs": address} if address else {})}


def _question(question: str, answer: str) -> dict[str, Any]:
    text = CITATION.sub("", words_of(answer) if "<" in answer else answer).strip()
    return {"@type": "Question", "name": question, "acceptedAnswer": {"@type": "Answer", "text": text}}


def glossary(terms: list[GlossaryTerm]) -> SafeString:
    url = f"{settings.SITE_URL}/glossary/"
    defined = [{"@type": "DefinedTerm", "name": term.term, "description": term.definition, "url": f"{url}#{term.slug}"}
               for term in terms]  # fmt: skip
    return script_json({"@context": "https://schema.org", "@type": "DefinedTermSet", "name": "Glossary", "url": url,
                        "hasDefinedTerm": defined})  # fmt: skip
