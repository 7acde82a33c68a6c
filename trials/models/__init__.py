from trials.models.changes import TrialChange, TrialVersion
from trials.models.conditions import Condition, ConditionName, TrialCondition
from trials.models.reveals import ContactReveal
from trials.models.runs import MissingStudy, QuarantinedStudy, StagedStudy, SyncRun
from trials.models.search import Region, SearchWord, SitePoint, TrialSearch
from trials.models.trials import Location, Trial, TrialAlias, TrialDocument

__all__ = [
    "Condition",
    "ConditionName",
    "ContactReveal",
    "Location",
    "MissingStudy",
    "QuarantinedStudy",
    "Region",
    "SearchWord",
    "SitePoint",
    "StagedStudy",
    "SyncRun",
    "Trial",
    "TrialAlias",
    "TrialChange",
    "TrialCondition",
    "TrialDocument",
    "TrialSearch",
    "TrialVersion",
]
