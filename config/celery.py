"""The Celery app and the whole schedule: what runs, when. Postgres holds the work; these tasks only go and look."""

import os

from celery import Celery, signature
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("plaintrials")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

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
    # Find whatever any stage left unfinished: unmatched changes, uncomposed alerts, unsent mails.
    "sweep": {
        "task": "subscriptions.tasks.sweep",
        "schedule": settings.SWEEP_SECONDS,
        "options": {"expires": settings.SWEEP_SECONDS * 2},
    },
}
