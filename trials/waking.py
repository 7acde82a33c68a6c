"""Waking a worker. Postgres holds the work, so a broker that is down costs delay and nothing else."""

import logging
import threading

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_calls = threading.BoundedSemaphore(4)


def wake(task: Task) -> None:
    """Have the task run soon after the transaction; if the broker does not answer, the sweep finds the work."""
    transaction.on_commit(lambda: _send(task))


def _send(task: Task) -> None:
    """From a thread of its own: a broker that takes the call and never answers must not hold a page up."""
    if _calls.acquire(blocking=False):
        threading.Thread(target=_call, args=(task,), daemon=True).start()


def _call(task: Task) -> None:
    try:
        task.apply_async(retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("The broker did not take %s (%s); the sweep will find the work.", task.name, type(error).__name__)
    finally:
        _calls.release()
