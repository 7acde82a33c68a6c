"""How many readers each trial has: those who follow it, its conditions, its treatments and its hospitals.

One statement for all trials, run every quarter of an hour: the queue then reads a sorted index. A reader who follows
two topics of a trial counts twice, and those who follow a condition around a place are left out: for an order of work
that is near enough, and it keeps the count to one pass over the subscriptions.
"""

from django.db import connection
from django.db.models import Model

from explainers.models import Audience
from trials.models import Condition, Site, Treatment, Trial, TrialCondition, TrialSite, TrialTreatment

_COUNT = """
WITH live AS MATERIALIZED (
    SELECT trial_id, condition_id, treatment_key, site_key
      FROM {subscription} WHERE ended_at IS NULL AND place_latitude IS NULL
), each AS (
    SELECT coalesce(trial.moved_to_id, trial.id) AS trial_id, count(*) AS readers
      FROM live JOIN {trial} trial ON trial.id = live.trial_id GROUP BY 1
     UNION ALL
    SELECT chip.trial_id, topic.readers
      FROM (SELECT coalesce(condition.merged_into_id, condition.id) AS id, count(*) AS readers
              FROM live JOIN {condition} condition ON condition.id = live.condition_id GROUP BY 1) topic
      JOIN {chip} chip ON chip.condition_id = topic.id
     UNION ALL
    SELECT given.trial_id, topic.readers
      FROM (SELECT coalesce(treatment.merged_into_id, treatment.id) AS id, count(*) AS readers
              FROM live JOIN {treatment} treatment ON treatment.key = live.treatment_key
             WHERE live.treatment_key <> '' GROUP BY 1) topic
      JOIN {given} given ON given.treatment_id = topic.id
     UNION ALL
    SELECT held.trial_id, topic.readers
      FROM (SELECT coalesce(site.merged_into_id, site.id) AS id, count(*) AS readers
              FROM live JOIN {site} site ON site.key = live.site_key
             WHERE live.site_key <> '' GROUP BY 1) topic
      JOIN {held} held ON held.site_id = topic.id
), fresh AS MATERIALIZED (
    SELECT each.trial_id, sum(each.readers) AS readers
      FROM each JOIN {trial} trial ON trial.id = each.trial_id GROUP BY 1
), gone AS (
    DELETE FROM {audience} old WHERE NOT EXISTS (SELECT 1 FROM fresh WHERE fresh.trial_id = old.trial_id)
)
INSERT INTO {audience} AS old (trial_id, readers) SELECT trial_id, readers FROM fresh
ON CONFLICT (trial_id) DO UPDATE SET readers = excluded.readers WHERE old.readers <> excluded.readers
"""


def count() -> int:
    """The number of trials whose count moved."""
    follows: type[Model] = Trial._meta.get_field("subscriptions").related_model  # its app is not known here
    tables: dict[str, type[Model]] = {
        "subscription": follows,
        "trial": Trial, "condition": Condition, "chip": TrialCondition, "treatment": Treatment,
        "given": TrialTreatment, "site": Site, "held": TrialSite, "audience": Audience,
    }  # fmt: skip
    names = {name: connection.ops.quote_name(model._meta.db_table) for name, model in tables.items()}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(**names))
        return cursor.rowcount
