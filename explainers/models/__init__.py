from explainers.models.audiences import Audience
from explainers.models.drafts import Autosave
from explainers.models.explainers import (
    Category,
    Explainer,
    ExplainerCheck,
    ExplainerImage,
    ExplainerItem,
    ExplainerQuerySet,
    ExplainerVersion,
    Faq,
    TrialMention,
)
from explainers.models.feedback import Correction, ReaderReport
from explainers.models.glossary import GlossaryTerm
from explainers.models.people import Signature
from explainers.models.references import Reference, Resource
from explainers.models.summaries import PlainSummary, PlainSummaryQuerySet, SummaryCheck, SummaryText, SummaryVersion
from explainers.models.updates import ExplainerUpdate

__all__ = [
    "Audience",
    "Autosave",
    "Category",
    "Correction",
    "Explainer",
    "ExplainerCheck",
    "ExplainerImage",
    "ExplainerItem",
    "ExplainerQuerySet",
    "ExplainerUpdate",
    "ExplainerVersion",
    "Faq",
    "GlossaryTerm",
    "PlainSummary",
    "PlainSummaryQuerySet",
    "ReaderReport",
    "Reference",
    "Resource",
    "Signature",
    "SummaryCheck",
    "SummaryText",
    "SummaryVersion",
    "TrialMention",
]
