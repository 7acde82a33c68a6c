"""After a whole pass from sign-up to alert and back out, no address and no token lies in a log or in Redis."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config.logs import JsonLine
from subscriptions.models import Confirmation, Email, Subscriber
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import published_run, update
from tests.subscriptions.sink import Sink, text_of
from trials.models import TrialCondition

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "greta.unlikely-name@patients.example.org"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the site's own handler would have written, whatever the level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLine("key"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def redis_content() -> str:
    """Every key and value of broker and cache, as text."""
    found = []
    for url in {settings.REDIS_URL, settings.CACHE_URL}:
        with redis.Redis.from_url(url) as client:
            for key in client.scan_iter():
                found.append(f"{key!r} {client.dump(key)!r}")
                if client.type(key) == b"list":
                    found += map(repr, client.lrange(key, 0, -1))
    return "\n".join(found)


def links(text: str) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:8000(/updates/\S+)", text)


def test_logs_and_redis_hold_no_address_and_no_token(
    client: Client,
    sink: Sink,
    work: Callable[[], None],
    log: io.StringIO,
) -> None:
    condition = ConditionFactory(name="fatigue")
    trial = TrialFactory(subscription_condition=condition)
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    sink.at_recipient = refuse_once()
    client.post("/updates/", {"email": ADDRESS, "trial": trial.nct_id})
    client.post("/updates/", {"email": f"{ADDRESS},x@y", "trial": trial.nct_id})
    work()
    Confirmation.objects.update(mail_after=Confirmation.objects.get().created_at)
    Email.objects.update(due_at=Confirmation.objects.get().created_at)
    work()
    (confirm,) = [link for link in links(text_of(sink.to(ADDRESS)[0])) if "/confirm/" in link]
    client.get(confirm)
    client.post(confirm)
    client.get(confirm[:-6] + "/")
    update(trial, run=published_run(finished_at=timezone.now()))
    work()
    alert = sink.to(ADDRESS)[-1]
    fail_in_every_way(client, alert_links := links(text_of(alert)))
    for link in alert_links:
        client.post(link, {"stop": "all"})

    key = Subscriber.objects.get().key
    assert "[address " in log.getvalue()  # the log did see some
    for line in log.getvalue().splitlines():
        json.loads(line)
    for place, content in (("log", log.getvalue()), ("redis", redis_content())):
        for secret in (ADDRESS, ADDRESS.upper(), quote(ADDRESS), "greta", str(key), *tokens([confirm, *alert_links])):
            assert secret not in content, f"{secret} lies in the {place}"


def refuse_once() -> Callable[[str], str]:
    answers = iter([f"450 4.2.1 <{ADDRESS}> is busy"])
    return lambda address: next(answers, "")


def fail_in_every_way(client: Client, some_links: list[str]) -> None:
    """What a frightened or a hostile hand would do: each of these may write a log line."""
    logging.getLogger("django.request").error("Internal Server Error: %s", some_links[0])
    logging.getLogger("subscriptions").warning("refused <%s> %s", ADDRESS, {"email": ADDRESS})
    try:
        raise RuntimeError(f"{ADDRESS} {some_links[0]}")
    except RuntimeError:
        logging.getLogger("subscriptions").exception("A mail failed.")
    client.get(f"/trials/?q={ADDRESS}")
    client.get(f"/nowhere/{quote(ADDRESS)}/")
    client.get(some_links[0] + "x/")
    cache.set("seen", 1)


def tokens(paths: list[str]) -> list[str]:
    return [path.rstrip("/").split("/")[-1] for path in paths]
