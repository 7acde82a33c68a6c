from explainers.models.people import Signature
from explainers.models.summaries import PlainSummary, SummaryCheck, SummaryText, SummaryVersion

__all__ = ["PlainSummary", "Signature", "SummaryCheck", "SummaryText", "SummaryVersion"]
