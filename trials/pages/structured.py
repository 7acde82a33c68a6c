"""What machines read: JSON-LD for search engines and the open .json twin of a trial. Contacts are in neither. Pure."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from trials import vocabulary
from trials.masking import masked
from trials.models import Condition, Site, Treatment, Trial
from trials.records import TrialRecord

_BREAKS_OUT = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def script_json(value: object) -> SafeString:
    """JSON that cannot end the <script> it stands in."""
    return mark_safe(json.dumps(value, ensure_ascii=False).translate(_BREAKS_OUT))  # noqa: S308 - < > & are escaped


_SCHEMA_STATUS = {
    "RECRUITING": "Recruiting", "NOT_YET_RECRUITING": "NotYetRecruiting", "COMPLETED": "Completed",
    "ENROLLING_BY_INVITATION": "EnrollingByInvitation", "ACTIVE_NOT_RECRUITING": "ActiveNotRecruiting",
    "SUSPENDED": "Suspended", "TERMINATED": "Terminated", "WITHDRAWN": "Withdrawn",
}  # fmt: skip


def trial(row: Trial) -> SafeString:
    record = row.record
    kind = {"INTERVENTIONAL": "MedicalTrial", "OBSERVATIONAL": "MedicalObservationalStudy"}
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": kind.get(record.study_type, "MedicalStudy"),
        "name": row.headline,
        "identifier": row.nct_id,
        "sameAs": row.registry_url,
        "dateModified": row.last_changed_at.date().isoformat(),
    }
    if record.status in _SCHEMA_STATUS:
        data["status"] = f"https://schema.org/{_SCHEMA_STATUS[record.status]}"
    if record.lead_sponsor:
        is_person = record.lead_sponsor.sponsor_class == "INDIV"
        data["sponsor"] = {"@type": "Person" if is_person else "Organization", "name": record.lead_sponsor.name}
    if record.conditions:
        data["healthCondition"] = [{"@type": "MedicalCondition", "name": name} for name in record.conditions[:10]]
    if record.phases != ("NA",) and (label := vocabulary.phase_label(record.phases)):
        data["phase"] = label
    return script_json(data)


def twin(row: Trial) -> dict[str, Any]:
    """The record and what this site adds to it, as plain values. Names, phones and addresses of contacts are out."""
    return {
        "nct_id": row.nct_id,
        "headline": row.headline,
        "first_seen": row.first_seen_at.date().isoformat(),
        "last_updated": row.last_changed_at.date().isoformat(),
        "version": row.version,
        "updates": row.update_count,
        "source": row.registry_url,
        "attribution": "ClinicalTrials.gov, US National Library of Medicine",
        "record": without_contacts(row.record),
    }


def without_contacts(record: TrialRecord) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(record)
    for key in ("central_contacts", "missing"):
        values.pop(key, None)
    for site in values["sites"]:
        site.pop("contacts", None)
    scrubbed: dict[str, Any] = _scrubbed(values)
    return scrubbed


_NEVER_CONTACTS = ("url", "filename", "date", "id", "pmid")


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: item if key in _NEVER_CONTACTS else _scrubbed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(item) for item in value]
    return value


def website() -> SafeString:
    name, url = settings.SITE_NAME, settings.SITE_URL
    search = {"@type": "SearchAction", "target": f"{url}/trials/?q={{q}}", "query-input": "required name=q"}
    organization = {"@type": "Organization", "name": name, "url": url}
    return script_json(
        {"@context": "https://schema.org", "@type": "WebSite", "name": name, "url": url, "potentialAction": search,
         "publisher": organization}
    )  # fmt: skip


def condition_page(condition: Condition, trials: Sequence[Trial]) -> SafeString:
    about = {"@type": "MedicalCondition", "name": condition.name}
    return _listing_page(f"Trials for {condition.name}", about, trials)


def treatment_page(treatment: Treatment, trials: Sequence[Trial]) -> SafeString:
    return _listing_page(f"Trials of {treatment.name}", {"@type": "MedicalTherapy", "name": treatment.name}, trials)


def hospital_page(site: Site, trials: Sequence[Trial]) -> SafeString:
    """A registry's "site" may be a hospital, a practice or a company: an organization in any case."""
    parts = {"addressLocality": site.town.city, "addressRegion": site.town.state, "addressCountry": site.town.country}
    address = {"@type": "PostalAddress", **{name: value for name, value in parts.items() if value}}
    about = {"@type": "Organization", "name": site.name, "address": address}
    return _listing_page(f"Trials at {site.name}", about, trials)


def _listing_page(name: str, about: dict[str, Any], trials: Sequence[Trial]) -> SafeString:
    items = [
        {"@type": "ListItem", "position": place, "url": settings.SITE_URL + row.get_absolute_url()}
        for place, row in enumerate(trials, 1)
    ]
    return script_json(
        {"@context": "https://schema.org", "@type": "MedicalWebPage", "name": name, "about": about,
         "mainEntity": {"@type": "ItemList", "itemListElement": items}}
    )  # fmt: skip
