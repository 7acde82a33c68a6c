"""What ties texts to trials: which trials a text names, and which texts the trials' changes have overtaken."""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q

from explainers.models import Explainer, ExplainerQuerySet, TrialMention
from trials.changes import Rank
from trials.models import Trial, TrialChange


def link_mentions() -> int:
    """Tie mentions to trials that were not stored when the text was published. How many were tied."""
    loose = list(TrialMention.objects.filter(trial=None))
    trials = {trial.nct_id: trial for trial in Trial.objects.filter(nct_id__in=[mention.nct_id for mention in loose])}
    found = [mention for mention in loose if mention.nct_id in trials]
    for mention in found:
        mention.trial = trials[mention.nct_id]
        mention.checked_version = mention.checked_version or trials[mention.nct_id].version
    return TrialMention.objects.bulk_update(found, ["trial", "checked_version"])


def overtaken_mentions() -> Exists:
    """Mentions whose trial has since changed in a way that could matter to a text."""
    later = TrialChange.objects.filter(
        trial=OuterRef("trial"), version__gt=OuterRef("checked_version"), rank__gte=Rank.DIGEST
    )
    return Exists(later)


def flagged(today: date) -> ExplainerQuerySet:
    """Published texts to look at again: a trial they name has changed, or their review date has come."""
    overtaken = TrialMention.objects.filter(overtaken_mentions(), explainer=OuterRef("pk"))
    rows = Explainer.objects.published().annotate(trial_changed=Exists(overtaken))
    return rows.filter(Q(trial_changed=True) | Q(review_on__lte=today)).order_by(F("checked_at").asc(nulls_first=True))
