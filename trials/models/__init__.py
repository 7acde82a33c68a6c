from trials.models.changes import TrialChange, TrialVersion
from trials.models.conditions import (
    Condition,
    ConditionMerge,
    ConditionName,
    ConditionParent,
    LearnedName,
    TermEvidence,
    TrialCondition,
)
from trials.models.directory import DirectoryDue, Site, Town, Treatment, TrialSite, TrialTreatment
from trials.models.enrollment import EnrollmentFigure
from trials.models.reveals import ContactReveal
from trials.models.runs import MissingStudy, QuarantinedStudy, StagedStudy, SyncRun
from trials.models.search import Region, SearchWord, SitePoint, TrialSearch
from trials.models.trials import Location, Trial, TrialAlias, TrialDocument

__all__ = [
    "Condition",
    "ConditionMerge",
    "ConditionName",
    "ConditionParent",
    "ContactReveal",
    "DirectoryDue",
    "EnrollmentFigure",
    "LearnedName",
    "Location",
    "MissingStudy",
    "QuarantinedStudy",
    "Region",
    "SearchWord",
    "Site",
    "SitePoint",
    "StagedStudy",
    "SyncRun",
    "TermEvidence",
    "Town",
    "Treatment",
    "Trial",
    "TrialAlias",
    "TrialChange",
    "TrialCondition",
    "TrialDocument",
    "TrialSearch",
    "TrialSite",
    "TrialTreatment",
    "TrialVersion",
]
