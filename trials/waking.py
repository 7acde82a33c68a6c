"""Waking a worker. Postgres holds the work, so a broker that is down costs delay and nothing else."""

import logging

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def wake(task: Task) -> None:
    """Has the task run soon after the transaction; if the broker does not answer, the schedule finds the work."""
    transaction.on_commit(lambda: _send(task))


def _send(task: Task) -> None:
    try:
        task.apply_async(retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("The broker did not take %s (%s); the schedule finds the work.", task.name, type(error).__name__)
