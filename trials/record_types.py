"""What a trial's record consists of, once it has been read: plain frozen values in our own words. Pure."""

import msgspec


class RecordDate(msgspec.Struct, frozen=True):
    """`date` is yyyy, yyyy-MM or yyyy-MM-dd, as precise as the registrant was; `type` ACTUAL, ESTIMATED or ""."""

    date: str
    type: str = ""


class Sponsor(msgspec.Struct, frozen=True):
    name: str
    sponsor_class: str = ""


class Contact(msgspec.Struct, frozen=True):
    name: str = ""
    role: str = ""
    phone: str = ""
    phone_ext: str = ""
    email: str = ""


class Official(msgspec.Struct, frozen=True):
    name: str
    affiliation: str = ""
    role: str = ""


class Site(msgspec.Struct, frozen=True):
    """One location. `status` is "" where the registry gives none: never the study's own status."""

    facility: str = ""
    status: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None
    contacts: tuple[Contact, ...] = ()


class Arm(msgspec.Struct, frozen=True):
    label: str
    type: str = ""
    description: str = ""
    interventions: tuple[str, ...] = ()


class Intervention(msgspec.Struct, frozen=True):
    type: str
    name: str
    description: str = ""
    arm_labels: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    measure: str
    description: str = ""
    time_frame: str = ""


class MeshTerm(msgspec.Struct, frozen=True):
    id: str
    term: str


class Publication(msgspec.Struct, frozen=True):
    citation: str
    pmid: str = ""
    type: str = ""
    retracted: bool = False


class Link(msgspec.Struct, frozen=True):
    label: str
    url: str


class Document(msgspec.Struct, frozen=True):
    label: str
    filename: str
    date: str = ""


class TrialRecord(msgspec.Struct, frozen=True, kw_only=True):
    nct_id: str
    aliases: tuple[str, ...] = ()
    brief_title: str = ""
    official_title: str = ""
    acronym: str = ""
    organization: str = ""

    status: str
    last_known_status: str = ""
    status_verified: str = ""
    why_stopped: str = ""
    has_expanded_access: bool | None = None
    expanded_access_nct_id: str = ""
    start: RecordDate | None = None
    primary_completion: RecordDate | None = None
    completion: RecordDate | None = None
    first_posted: str = ""
    last_update_posted: str = ""
    results_posted: str = ""

    lead_sponsor: Sponsor | None = None
    collaborators: tuple[Sponsor, ...] = ()
    investigator: str = ""
    has_dmc: bool | None = None
    is_unapproved_device: bool | None = None

    brief_summary: str = ""
    detailed_description: str = ""
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    study_type: str = ""
    phases: tuple[str, ...] = ()
    allocation: str = ""
    intervention_model: str = ""
    intervention_model_description: str = ""
    primary_purpose: str = ""
    observational_model: str = ""
    time_perspective: str = ""
    masking: str = ""
    masking_description: str = ""
    who_masked: tuple[str, ...] = ()
    enrollment: int | None = None
    enrollment_type: str = ""
    is_patient_registry: bool | None = None
    target_duration: str = ""
    expanded_access_types: tuple[str, ...] = ()

    arms: tuple[Arm, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    primary_outcomes: tuple[Outcome, ...] = ()
    secondary_outcomes: tuple[Outcome, ...] = ()

    eligibility: str = ""
    healthy_volunteers: bool | None = None
    sex: str = ""
    is_gender_based: bool | None = None
    gender_description: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    study_population: str = ""

    central_contacts: tuple[Contact, ...] = ()
    officials: tuple[Official, ...] = ()
    sites: tuple[Site, ...] = ()

    publications: tuple[Publication, ...] = ()
    links: tuple[Link, ...] = ()
    documents: tuple[Document, ...] = ()
    ipd_sharing: str = ""
    ipd_description: str = ""
    removed_countries: tuple[str, ...] = ()

    condition_meshes: tuple[MeshTerm, ...] = ()
    condition_ancestors: tuple[MeshTerm, ...] = ()
    intervention_meshes: tuple[MeshTerm, ...] = ()

    has_results: bool = False
    missing: tuple[str, ...] = ()
