"""Questions to take to an appointment, offered by rule from the record. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from trials.dummies import dummies
from trials.records import TrialRecord

DEFAULT, MOST = 7, 9
"""So many are ticked unless the visitor ticks; so many fit on the page with room to write."""


class Question(NamedTuple):
    """`slug` names it in an address, and stays."""

    slug: str
    text: str


_Rule = Callable[[TrialRecord], bool]


def _kinds(*wanted: str) -> _Rule:
    return lambda record: any(each.type in wanted for each in record.interventions)


def _phases(*wanted: str) -> _Rule:
    return lambda record: bool(set(wanted) & set(record.phases))


def _of_type(*wanted: str) -> _Rule:
    return lambda record: record.study_type in wanted


def _is_trial(record: TrialRecord) -> bool:
    return record.study_type not in ("OBSERVATIONAL", "EXPANDED_ACCESS")


def _masked(record: TrialRecord) -> bool:
    """Whether the people in it do not know what they get; old records do not say who does not."""
    return record.masking not in ("", "NONE") and (not record.who_masked or "PARTICIPANT" in record.who_masked)


def _cells(record: TrialRecord) -> bool:
    names = " ".join(each.name for each in record.interventions).casefold()
    return any(word in names for word in ("car-t", "car t", "t cell", "t-cell", "stem cell", "gene therapy"))


_BY_RULE: tuple[tuple[str, str, _Rule], ...] = (
    ("fit", "Could this trial fit me, and what speaks against it?", lambda record: True),
    ("access", "Who would ask the company for this treatment, and how long does that take?",
     _of_type("EXPANDED_ACCESS")),
    ("placebo", "How likely is it that I get the placebo, and may I have my usual treatment with it?",
     lambda record: dummies(record).has_placebo),
    ("sham", "How likely is it that I get the sham, and may I have my usual treatment with it?",
     lambda record: dummies(record).has_sham and not dummies(record).has_placebo),
    ("dose", "How many people have had this dose, and what happened to them?", _phases("PHASE1", "EARLY_PHASE1")),
    ("works", "What is known so far: for how many people did it work, and for how long?", _phases("PHASE2", "PHASE3")),
    ("device", "The device is not approved yet: what does that mean for my safety?",
     lambda record: bool(record.is_unapproved_device)),
    ("cells", "How long do I stay near the hospital afterwards, and who watches for late effects?",
     lambda record: _cells(record) or _kinds("GENETIC")(record)),
    ("radiation", "How much radiation is it, and what can it do to me later?", _kinds("RADIATION")),
    ("surgery", "How often has this team done the procedure, and can it be undone?",
     lambda record: _is_trial(record) and _kinds("PROCEDURE")(record)),
    ("group", "If chance puts me in the other group, is that still good care for me?",
     lambda record: record.allocation == "RANDOMIZED"),
    ("swap", "When do I change from one treatment to the other, and what happens in between?",
     lambda record: record.intervention_model == "CROSSOVER"),
    ("medicines", "Which of my medicines would I have to stop or change, and for how long?",
     lambda record: _is_trial(record) and _kinds("DRUG", "BIOLOGICAL", "COMBINATION_PRODUCT")(record)),
    ("instead", "What else could I do instead, and what happens if I wait?", _is_trial),
    ("visits", "How often would I have to come, where to, and for how long?", lambda record: True),
    ("cost", "What would I have to pay, and what does the study pay?", lambda record: True),
    ("leave", "Can I leave at any time, and what happens to my care then?", lambda record: True),
    ("night", "Who do I call at night if I feel unwell?", _is_trial),
    ("data", "What samples and data do you take, who sees them, and how long are they kept?", lambda record: True),
    ("told", "Will I be told afterwards which treatment I had?", _masked),
    ("after", "If it helps me, can I go on with the treatment when the trial ends?", _is_trial),
    ("results", "Will somebody tell me the results, and when?", lambda record: True),
)  # fmt: skip
"""What matters most first. The rule says for which records the question makes sense."""


def for_trial(record: TrialRecord) -> list[Question]:
    return [Question(slug, text) for slug, text, fits in _BY_RULE if fits(record)]


def chosen(offered: Sequence[Question], slugs: Iterable[str] | None) -> list[Question]:
    """Those that the visitor ticked, as many as fit; the first ones where nobody has ticked yet (None)."""
    if slugs is None:
        return list(offered[:DEFAULT])
    wanted = set(slugs)
    return [question for question in offered if question.slug in wanted][:MOST]
