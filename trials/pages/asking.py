"""What a careful reader would ask about this trial before joining, by rule. Never an accusation. Pure."""

from trials.records import TrialRecord
from trials.vocabulary import status_words

_EARLY = frozenset({"EARLY_PHASE1", "PHASE1"})


def to_ask(record: TrialRecord) -> list[str]:
    """Sentences, the weightiest first; none for what has ended, since nobody can join it."""
    if status_words(record.status).has_ended:
        return []
    return [sentence for sentence in (_access(record), _device(record), _phase(record), _sponsor(record),
                                      _committee(record)) if sentence]  # fmt: skip


def _access(record: TrialRecord) -> str:
    if record.study_type != "EXPANDED_ACCESS":
        return ""
    return "This is expanded access, not a trial. Ask what is known about the treatment so far, and who pays for it."


def _device(record: TrialRecord) -> str:
    if not record.is_unapproved_device:
        return ""
    return "The device is not approved or cleared yet. Ask how it was tested before, and what could go wrong."


def _phase(record: TrialRecord) -> str:
    """Phase 1/2 looks for a dose as well."""
    if not _EARLY & set(record.phases):
        return ""
    return "Early trials often look for a safe dose. Ask how many people had your dose before, and how they did."


def _sponsor(record: TrialRecord) -> str:
    sponsor = record.lead_sponsor
    if sponsor is None:
        return "The record does not say who runs this study. Ask who does, and who pays for it."
    if sponsor.sponsor_class == "INDIV":
        return "The sponsor is one person. Ask which hospital or board watches over the study, and who pays for it."
    if sponsor.sponsor_class in ("", "UNKNOWN", "AMBIG"):
        return "The record does not say what kind of sponsor this is. Ask who is behind the study, and who pays for it."
    return ""


def _committee(record: TrialRecord) -> str:
    """Studies that only watch rarely have one, and need none for that."""
    if record.study_type != "INTERVENTIONAL" or record.has_dmc:
        return ""
    return "The record names no committee that watches over safety. Ask who does."
