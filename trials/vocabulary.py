"""The registry's enum values, dates and ages in a reader's words. Pure.

Values that the registry adds later get a neutral label, the raw text in sentence case, and are never called open.
"""

from typing import NamedTuple


class Status(NamedTuple):
    """`label` for a badge, `plain` for the line below it, `clause` for "This trial ..."."""

    label: str
    plain: str
    clause: str
    is_open: bool = False
    has_ended: bool = False


STATUS = {
    "RECRUITING": Status("Recruiting", "Looking for people now", "is looking for people now", is_open=True),
    "NOT_YET_RECRUITING": Status("Not yet recruiting", "Not open yet", "has not opened yet"),
    "ENROLLING_BY_INVITATION": Status(
        "By invitation only", "Only people who are invited can join", "takes only people it invites"
    ),
    "ACTIVE_NOT_RECRUITING": Status(
        "Active, not recruiting", "Under way, but not taking new people", "is under way but takes no new people"
    ),
    "SUSPENDED": Status("Suspended", "Paused, and may start again", "is paused and may start again"),
    "TERMINATED": Status(
        "Terminated", "Stopped early, and will not start again", "stopped early (terminated)", has_ended=True
    ),
    "WITHDRAWN": Status(
        "Withdrawn", "Called off before anyone joined", "was called off before anyone joined", has_ended=True
    ),
    "COMPLETED": Status("Completed", "Finished, so nobody can join now", "has finished", has_ended=True),
    "UNKNOWN": Status(
        "Unknown", "Not confirmed for two years or more", "has an unknown status"
    ),
    "WITHHELD": Status(
        "Details withheld", "The device is not cleared yet, so the details are hidden", "has its details hidden"
    ),
    "AVAILABLE": Status(
        "Available", "Patients can ask for this treatment outside a trial", "is available now", is_open=True
    ),
    "NO_LONGER_AVAILABLE": Status(
        "No longer available", "This access program has ended", "is no longer available", has_ended=True
    ),
    "TEMPORARILY_NOT_AVAILABLE": Status(
        "Not available for now", "Paused, and may become available again", "is not available for now"
    ),
    "APPROVED_FOR_MARKETING": Status(
        "Approved for sale",
        "The treatment is approved, so doctors can prescribe it",
        "now covers an approved treatment",
        has_ended=True,
    ),
}
"""Overall status of studies and expanded access, and of sites (whose values are a part of these)."""

STUDY_TYPE = {
    "INTERVENTIONAL": "Clinical trial",
    "OBSERVATIONAL": "Observational study",
    "EXPANDED_ACCESS": "Expanded access",
}
STUDY_TYPE_PLAIN = {
    "INTERVENTIONAL": "Researchers give people a treatment or other care and see what happens",
    "OBSERVATIONAL": "Researchers watch and measure, and do not assign a treatment",
    "EXPANDED_ACCESS": "A way to get a treatment outside a trial, before it is approved",
}
PHASE = {
    "EARLY_PHASE1": "Early phase 1",
    "PHASE1": "Phase 1",
    "PHASE2": "Phase 2",
    "PHASE3": "Phase 3",
    "PHASE4": "Phase 4",
    "NA": "No phase",
}
SEX = {"ALL": "All sexes", "FEMALE": "Women and girls", "MALE": "Men and boys"}
ALLOCATION = {
    "RANDOMIZED": "Groups chosen by chance",
    "NON_RANDOMIZED": "Groups not chosen by chance",
    "NA": "One group",
}
INTERVENTION_MODEL = {
    "SINGLE_GROUP": "One group, everyone gets the same",
    "PARALLEL": "Groups compared side by side",
    "CROSSOVER": "Groups swap treatments part-way",
    "FACTORIAL": "Groups get different combinations",
    "SEQUENTIAL": "Groups start one after another",
}
MASKING = {
    "NONE": "Everyone knows who gets what",
    "SINGLE": "One party does not know who gets what",
    "DOUBLE": "Two parties do not know who gets what",
    "TRIPLE": "Three parties do not know who gets what",
    "QUADRUPLE": "Four parties do not know who gets what",
}
WHO_MASKED = {
    "PARTICIPANT": "Participants",
    "CARE_PROVIDER": "Care team",
    "INVESTIGATOR": "Researchers",
    "OUTCOMES_ASSESSOR": "People who measure the results",
}
PURPOSE = {
    "TREATMENT": "Treatment",
    "PREVENTION": "Prevention",
    "DIAGNOSTIC": "Diagnosis",
    "ECT": "Educating, counseling or training",
    "SUPPORTIVE_CARE": "Supportive care",
    "SCREENING": "Screening",
    "HEALTH_SERVICES_RESEARCH": "How care is delivered",
    "BASIC_SCIENCE": "Basic science",
    "DEVICE_FEASIBILITY": "First test of a device",
    "OTHER": "Other purpose",
}
OBSERVATIONAL_MODEL = {
    "COHORT": "Follows a group over time",
    "CASE_CONTROL": "Compares people with and without a condition",
    "CASE_ONLY": "Looks at people with a condition",
    "CASE_CROSSOVER": "Compares the same people at different times",
    "ECOLOGIC_OR_COMMUNITY": "Compares communities",
    "FAMILY_BASED": "Studies families",
    "DEFINED_POPULATION": "Studies one population",
    "NATURAL_HISTORY": "Follows how a condition develops",
    "OTHER": "Other design",
}
TIME_PERSPECTIVE = {
    "RETROSPECTIVE": "Looks back at earlier records",
    "PROSPECTIVE": "Follows people from now on",
    "CROSS_SECTIONAL": "Looks at one moment",
    "OTHER": "Other time frame",
}
INTERVENTION_TYPE = {
    "BEHAVIORAL": "Behavior",
    "BIOLOGICAL": "Biological",
    "COMBINATION_PRODUCT": "Combination product",
    "DEVICE": "Device",
    "DIAGNOSTIC_TEST": "Diagnostic test",
    "DIETARY_SUPPLEMENT": "Dietary supplement",
    "DRUG": "Drug",
    "GENETIC": "Gene-based",
    "PROCEDURE": "Procedure",
    "RADIATION": "Radiation",
    "OTHER": "Other",
}
ARM_TYPE = {
    "EXPERIMENTAL": "Tested treatment",
    "ACTIVE_COMPARATOR": "For comparison",
    "PLACEBO_COMPARATOR": "Placebo",
    "SHAM_COMPARATOR": "Sham procedure",
    "NO_INTERVENTION": "No added treatment",
    "OTHER": "Other group",
}
SPONSOR_CLASS = {
    "NIH": "US National Institutes of Health",
    "FED": "US federal agency",
    "OTHER_GOV": "Government body",
    "INDIV": "Individual person",
    "INDUSTRY": "Company",
    "NETWORK": "Research network",
    "AMBIG": "Not clear",
    "OTHER": "University, hospital or other",
    "UNKNOWN": "Not stated",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def neutral(raw: str) -> str:
    """A value no table knows: `SOME_NEW_VALUE` -> `Some new value`."""
    return raw.replace("_", " ").strip().capitalize()


def word(table: dict[str, str], raw: str) -> str:
    return table.get(raw) or neutral(raw)


def status_words(raw: str) -> Status:
    """Any status, known or not. No status at all is "Not stated", never the study's own status for a site."""
    if not raw:
        return Status("Not stated", "The record does not say", "has no stated status")
    label = neutral(raw)
    return STATUS.get(raw) or Status(label, f"The registry calls this “{label}”", f"has the status “{label}”")


def status_label(raw: str) -> str:
    return status_words(raw).label


def study_type_label(raw: str) -> str:
    return word(STUDY_TYPE, raw) if raw else "Not stated"


def phase_label(phases: tuple[str, ...] | list[str]) -> str:
    """`("PHASE1", "PHASE2")` -> `Phase 1 and 2`; `` for none (observational studies have no phases)."""
    ordered = sorted(phases, key=lambda p: list(PHASE).index(p) if p in PHASE else len(PHASE))
    labels = [word(PHASE, phase) for phase in ordered]
    if len(labels) > 1 and all(label.startswith("Phase ") for label in labels):
        labels[1:] = [label.removeprefix("Phase ") for label in labels[1:]]
    return " and ".join(labels)


def date_label(date: str) -> str:
    """`2026-07-01` -> `Jul 1, 2026`, `2026-07` -> `Jul 2026`, `2026` -> `2026`; other text as it is."""
    parts = date.split("-")
    if not all(part.isdigit() for part in parts) or len(parts) > 3:
        return date
    if len(parts) == 1 or not 1 <= (month := int(parts[1])) <= 12:
        return date
    return (
        f"{_MONTHS[month - 1]} {int(parts[2])}, {parts[0]}" if len(parts) == 3 else f"{_MONTHS[month - 1]} {parts[0]}"
    )


def when_label(date: str) -> str:
    """To follow a verb: `on Jul 1, 2026`, `in Jul 2026`, `in 2026`."""
    return f"{'on' if len(date) == 10 else 'in'} {date_label(date)}"


def sex_label(raw: str) -> str:
    return word(SEX, raw) if raw else "Not stated"


def healthy_volunteers_label(accepted: bool | None) -> str:
    return {True: "Healthy volunteers can join", False: "No healthy volunteers", None: "Not stated"}[accepted]


def masking_label(raw: str, who: tuple[str, ...] | list[str] = ()) -> str:
    """`DOUBLE` with two parties -> `Participants and care team do not know who gets what`."""
    if not raw:
        return "Not stated"
    if not who or raw == "NONE":
        return word(MASKING, raw)
    names = [word(WHO_MASKED, party) for party in who]
    names[1:] = [name[:1].lower() + name[1:] for name in names[1:]]
    return f"{listed(names)} do not know who gets what"


def allocation_label(raw: str) -> str:
    return word(ALLOCATION, raw) if raw else "Not stated"


def model_label(raw: str) -> str:
    """The design of an interventional or an observational study: their values do not overlap but for OTHER."""
    return word(INTERVENTION_MODEL | OBSERVATIONAL_MODEL, raw) if raw else "Not stated"


def time_perspective_label(raw: str) -> str:
    return word(TIME_PERSPECTIVE, raw) if raw else "Not stated"


def purpose_label(raw: str) -> str:
    return word(PURPOSE, raw) if raw else "Not stated"


def intervention_type_label(raw: str) -> str:
    return word(INTERVENTION_TYPE, raw) if raw else "Other"


def arm_type_label(raw: str) -> str:
    return word(ARM_TYPE, raw) if raw else "Group"


def sponsor_class_label(raw: str) -> str:
    return word(SPONSOR_CLASS, raw) if raw else "Not stated"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """`["a", "b", "c"]` -> `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


_THE = ("United ", "Netherlands", "Philippines", "Dominican Republic", "Democratic Republic", "Bahamas", "Maldives",
        "Palestinian")  # fmt: skip


def country_label(name: str) -> str:
    """As it reads within a sentence: `the United States`, `Turkey` for `Turkey (Türkiye)`."""
    plain = name.partition(" (")[0]
    return f"the {plain}" if plain.startswith(_THE) else plain


def place_label(facility: str = "", city: str = "", state: str = "", zip: str = "", country: str = "") -> str:
    """One line for a site, skipping what the record leaves out: no stray commas."""
    return ", ".join(part for part in (facility, city, state, zip, country) if part)
