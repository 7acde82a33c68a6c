"""What mail scanners do: every link of every mail is opened, again and again, scripts run. No row may change."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from subscriptions import signup
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.conftest import _fresh_letters, sink, woken, work  # noqa: F401  fixtures
from tests.subscriptions.factories import SubscriptionFactory, update
from tests.subscriptions.sink import Sink, html_of, text_of

pytestmark = pytest.mark.django_db(transaction=True)
TIMES, IN_BROWSER = 50, 5
_LINK = re.compile(r"https?://127\.0\.0\.1:8000[^\s\"'<>)]*")


def links_of(message: Any) -> set[str]:
    found = _LINK.findall(text_of(message)) + _LINK.findall(html_of(message).replace("&amp;", "&"))
    return {*found, *_LINK.findall(str(message["List-Unsubscribe"] or ""))}


def rows() -> dict[str, list[str]]:
    """Everything about readers, as text."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name.startswith("subscriptions_")]
        found = {}
        for name in names:
            cursor.execute(f"SELECT row::text FROM {name} row ORDER BY 1")
            found[name] = [row for (row,) in cursor.fetchall()]
    return found


@pytest.fixture
def mailed(sink: Sink, work: Callable[[], None], settings) -> set[str]:  # noqa: F811
    """The links of a confirmation, of an alert, and of the way into the settings."""
    trial = TrialFactory(subscription_condition=ConditionFactory())
    follower = SubscriptionFactory(trial=trial).subscriber
    signup.ask(signup.Wish("ada@example.org", trial=trial), now=timezone.now())
    signup.ask_to_manage(follower.email, now=timezone.now())
    update(trial)
    work()
    assert len(sink.ledger) == 3
    return {link for _, message in sink.ledger for link in links_of(message)}


def test_links_that_are_only_opened_change_nothing(mailed, tab, client: Client, live_server):
    kinds = {"confirm", "manage", "unsubscribe"}
    assert kinds <= {part for link in mailed for part in urlsplit(link).path.split("/")}
    before = rows()
    for link in sorted(mailed):
        path = urlsplit(link)._replace(scheme="", netloc="").geturl() or "/"
        for _ in range(TIMES):
            for method in (client.get, client.head, client.options):
                assert method(path).status_code < 500, path
        for _ in range(IN_BROWSER):
            tab.goto(live_server.url + path)
            tab.wait_for_load_state("networkidle")
    assert rows() == before
