"""The Celery app and the whole schedule: what runs, when. Postgres holds the work; these tasks only go and look."""

import os

from celery import Celery, signals, signature
from celery.schedules import crontab
from django.conf import settings

from config.start import load_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
load_settings()

app = Celery("plaintrials")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_our_log(**_: object) -> None:
    """Celery's own handlers would go past the redaction; that somebody listens here keeps it from adding them."""


@signals.worker_init.connect
def _load_everything(**_: object) -> None:
    """Before the first fork: what an upgrade puts on the disk is for the next worker."""
    from config.warm import warm

    warm()


app.conf.task_default_queue = "celery"
app.conf.task_routes = {
    "trials.tasks.*": {"queue": "sync"},
    "subscriptions.tasks.deliver_confirmations": {"queue": "confirmations"},
    "subscriptions.tasks.deliver_alerts": {"queue": "alerts"},
    "subscriptions.tasks.deliver_digests": {"queue": "digests"},
}

app.conf.beat_schedule = {
    # Ask the registry whether its data moved; fetch what changed; then see whom it concerns.
    "poll": {
        "task": "trials.tasks.poll",
        "schedule": settings.REGISTRY_POLL_SECONDS,
        "options": {
            "expires": settings.REGISTRY_POLL_SECONDS * 2,
            "link": signature("subscriptions.tasks.sweep", immutable=True),
        },
    },
    # Once a day: every id, date and status of the registry beside ours. Its time is what "we checked" means.
    "inventory": {"task": "trials.tasks.take_inventory", "schedule": crontab(hour="11", minute="40")},
    # Once a day: a thirtieth of all trials again, since content changes without a new date.
    "refetch": {"task": "trials.tasks.refetch", "schedule": crontab(hour="3", minute="20")},
    # Once a day: what the records teach of conditions, other names to suggest to editors and what lies above what.
    "learn-conditions": {"task": "trials.tasks.learn_conditions", "schedule": crontab(hour="4", minute="40")},
    # Studies that could not be read: another try for those whose time has come.
    "retry-quarantined": {"task": "trials.tasks.retry_quarantined", "schedule": crontab(minute="50")},
    # What administrators decided about held runs, should its own task have been lost.
    "carry-out-decisions": {
        "task": "trials.tasks.carry_out_decisions",
        "schedule": 60,
        "options": {"expires": 120, "link": signature("subscriptions.tasks.sweep", immutable=True)},
    },
    # Once a day, looked at each hour: how many people trials of each kind take, for "most phase 2 trials have ...".
    "measure-enrollment": {"task": "trials.tasks.measure_enrollment", "schedule": crontab(minute="35")},
    # Treatment and hospital pages of trials that a large import stored; a usual run is followed up as it ends.
    "keep-directory": {"task": "trials.tasks.keep_directory", "schedule": 60, "options": {"expires": 120}},
    # Say so in the log when the registry gave no answer for 26 hours.
    "check-freshness": {"task": "trials.tasks.check_freshness", "schedule": crontab(minute="*/15")},
    # Once an hour: explainers that name a trial are tied to it, should it have arrived after they were published.
    "link-mentions": {"task": "explainers.tasks.link_mentions", "schedule": crontab(minute="25")},
    # How many readers each trial has: the order of the editors' queue.
    "count-readers": {"task": "explainers.tasks.count_readers", "schedule": crontab(minute="*/15")},
    # Find whatever any stage left unfinished: unmatched changes, uncomposed alerts, unsent mails.
    "sweep": {
        "task": "subscriptions.tasks.sweep",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"expires": settings.SWEEP_SECONDS * 2},
    },
}
