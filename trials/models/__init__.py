from trials.models.changes import TrialChange, TrialVersion
from trials.models.conditions import Condition, ConditionName, TrialCondition
from trials.models.runs import MissingStudy, QuarantinedStudy, StagedStudy, SyncRun
from trials.models.trials import Location, Trial, TrialAlias, TrialDocument

__all__ = [
    "Condition",
    "ConditionName",
    "Location",
    "MissingStudy",
    "QuarantinedStudy",
    "StagedStudy",
    "SyncRun",
    "Trial",
    "TrialAlias",
    "TrialChange",
    "TrialCondition",
    "TrialDocument",
    "TrialVersion",
]
