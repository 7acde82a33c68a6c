from celery import shared_task

from explainers import living, readers


@shared_task(acks_late=True)
def link_mentions() -> int:
    """Ties what explainers name to trials that arrived later."""
    return living.link_mentions()


@shared_task(acks_late=True)
def count_readers() -> int:
    """For the order of the editors' queue."""
    return readers.count()
