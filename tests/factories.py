"""Rows with only what a test names."""

from datetime import UTC, datetime
from typing import Any

import factory

from trials import records
from trials.models import Condition, SyncRun, Trial, TrialChange, TrialDocument
from trials.packing import pack

EARLIER = datetime(2026, 6, 27, 9, tzinfo=UTC)


def study(nct_id: str = "NCT99000001", **modules: dict[str, Any]) -> dict[str, Any]:
    """A small study in the registry's shape; each keyword adds to or replaces keys of the module it names.

    study(statusModule={"overallStatus": "TERMINATED"})
    """
    protocol: dict[str, dict[str, Any]] = {
        "identificationModule": {"nctId": nct_id, "briefTitle": "Green Tea for Tired Nurses"},
        "statusModule": {
            "overallStatus": "RECRUITING",
            "statusVerifiedDate": "2026-06",
            "studyFirstPostDateStruct": {"date": "2026-06-20", "type": "ACTUAL"},
            "lastUpdatePostDateStruct": {"date": "2026-06-27", "type": "ACTUAL"},
            "startDateStruct": {"date": "2026-06-01", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2027-06", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2027-12", "type": "ESTIMATED"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Sample University", "class": "OTHER"}},
        "descriptionModule": {"briefSummary": "This study tests green tea."},
        "conditionsModule": {"conditions": ["Fatigue"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2"],
            "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}},
            "enrollmentInfo": {"count": 120, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Tea", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Green tea"]},
                {"label": "Water", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Other: Water"]},
            ],
            "interventions": [
                {"type": "DRUG", "name": "Green tea", "armGroupLabels": ["Tea"]},
                {"type": "OTHER", "name": "Water", "armGroupLabels": ["Water"]},
            ],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "Tiredness score", "timeFrame": "12 weeks"}]},
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Works nights\n\nExclusion Criteria:\n\n* Allergy to tea",
            "healthyVolunteers": True,
            "sex": "ALL",
            "minimumAge": "18 Years",
        },
        "contactsLocationsModule": {
            "centralContacts": [
                {"name": "Ada Sample", "role": "CONTACT", "phone": "+1-555-0100", "email": "ada@example.org"}
            ],
            "locations": [
                {
                    "facility": "Sample Hospital",
                    "status": "RECRUITING",
                    "city": "Boston",
                    "state": "Massachusetts",
                    "zip": "02115",
                    "country": "United States",
                    "geoPoint": {"lat": 42.35843, "lon": -71.05977},
                }
            ],
        },
    }
    for name, keys in modules.items():
        protocol[name] = {**protocol.get(name, {}), **keys}
    return {"protocolSection": protocol, "derivedSection": {}, "hasResults": False}


class ConditionFactory(factory.django.DjangoModelFactory[Condition]):
    class Meta:
        model = Condition

    name = factory.Sequence(lambda n: f"condition {n}")
    slug = factory.LazyAttribute(lambda o: o.name.replace(" ", "-"))
    key = factory.LazyAttribute(lambda o: o.name)


class SyncRunFactory(factory.django.DjangoModelFactory[SyncRun]):
    class Meta:
        model = SyncRun

    kind = SyncRun.Kind.INCREMENTAL
    state = SyncRun.State.PUBLISHED
    started_at = EARLIER
    finished_at = EARLIER


class TrialFactory(factory.django.DjangoModelFactory[Trial]):
    """A stored trial; `document=` takes its raw study."""

    class Meta:
        model = Trial
        skip_postgeneration_save = True

    nct_id = factory.Sequence(lambda n: f"NCT991{n:05d}")
    brief_title = "Green Tea for Tired Nurses"
    status = "RECRUITING"
    study_type = "INTERVENTIONAL"
    first_seen_at = EARLIER
    last_changed_at = EARLIER
    content_hash = b"\0" * 16

    @factory.post_generation
    def document(self, create: bool, extracted: dict[str, Any] | None, **_: Any) -> None:
        raw = extracted or study(self.nct_id, statusModule={"overallStatus": self.status})
        records.parse(raw)
        TrialDocument.objects.create(trial=self, packed=pack(raw))


class TrialChangeFactory(factory.django.DjangoModelFactory[TrialChange]):
    class Meta:
        model = TrialChange

    trial = factory.SubFactory(TrialFactory)
    run = factory.SubFactory(SyncRunFactory)
    version = 2
    field = factory.Sequence(lambda n: f"status-{n}")
    kind = "status"
    rank = TrialChange.Ranks.TELL_NOW
    old = "NOT_YET_RECRUITING"
    new = "RECRUITING"
    detected_at = EARLIER
