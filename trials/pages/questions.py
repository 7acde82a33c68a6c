"""Questions to take to an appointment, chosen by rule from the record. Pure."""

from trials.records import TrialRecord

_ALWAYS = (
    "Could this trial fit me, and what speaks against it?",
    "What else could I do instead, and what happens if I wait?",
    "How often would I have to come, where to, and for how long?",
    "What would I have to pay, and what does the study pay?",
    "Can I leave at any time, and what happens to my care then?",
    "Who do I call at night if I feel unwell?",
)


def for_trial(record: TrialRecord) -> list[str]:
    out = list(_ALWAYS)
    kinds = {arm.type for arm in record.arms}
    if "PLACEBO_COMPARATOR" in kinds or "SHAM_COMPARATOR" in kinds:
        out.append("How likely is it that I get the placebo, and may I have my usual treatment with it?")
    if record.allocation == "RANDOMIZED":
        out.append("If chance puts me in the other group, is that still good care for me?")
    if {"PHASE1", "EARLY_PHASE1"} & set(record.phases):
        out.append("How many people have had this dose, and what happened to them?")
    if record.masking not in ("", "NONE"):
        out.append("Will I be told afterwards which treatment I had?")
    if record.is_unapproved_device:
        out.append("The device is not approved yet: what does that mean for my safety?")
    if record.study_type == "EXPANDED_ACCESS":
        out.append("Who would ask the company for this treatment, and how long does that take?")
    return out
