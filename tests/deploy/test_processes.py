"""The commands of compose, run on this machine: the site answers, mail arrives once, faults cost delay and no work.

One stack for all: each test leaves it as it found it.
"""

import http.client
import os
import re
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
from celery import Celery

from tests.deploy import stack as stacks
from tests.deploy.stack import Stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="pt-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        with stacks.running(Path(name)) as running:
            yield running


@pytest.fixture(scope="module")
def trial(stack: Stack) -> str:
    """An NCT ID of the sample registry, imported by the workers as on any first day."""
    stack.until(lambda: stack.ask("GET", "/trials/NCT99000004/").status == 200, 60, "the first import")
    return "NCT99000004"


def sign_up(stack: Stack, address: str, trial: str, web: str = "web") -> int:
    return stack.ask("POST", "/updates/", {"email": address, "trial": trial}, web=web).status


def text_of(stack: Stack, address: str) -> str:
    (letter,) = stack.until(lambda: stack.letters_to(address), 40, f"a mail to {address}")
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_site_answers_with_its_headers(stack: Stack, trial: str) -> None:
    page = stack.ask("GET", f"/trials/{trial}/")
    assert page.status == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    style = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert style, "the page has a style sheet"


def test_plain_http_is_sent_to_tls(stack: Stack) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", stack.ports["web"], timeout=10)) as connection:
        connection.request("GET", "/basics/", headers={"Host": stacks.HOST})
        answer = connection.getresponse()
        answer.read()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{stacks.HOST}/basics/")


def test_the_admin_wants_more_than_a_password(stack: Stack) -> None:
    assert stack.ask("GET", "/admin/login/").status == 200
    assert stack.ask("GET", "/admin/").status == 302


def test_a_mail_goes_all_the_way(stack: Stack, trial: str) -> None:
    assert sign_up(stack, "one@readers.example.org", trial) == 200
    text = text_of(stack, "one@readers.example.org")
    link = re.search(rf"https://{stacks.HOST}(/updates/confirm/\S+)", text)
    assert link
    assert stack.ask("POST", link.group(1), {}).status == 200
    assert stack.ask("GET", link.group(1)).status == 200


def test_two_web_servers_and_more_workers_do_nothing_twice(stack: Stack, trial: str) -> None:
    """Thirty readers press twice, on both servers at once, while three workers share each lane."""
    stack.start("web", "web-2")
    for lane, number in (("worker-confirmations", 2), ("worker-confirmations", 3), ("worker-sweep", 2)):
        stack.start(lane, f"{lane}-{number}")
    stack.until(lambda: _live(stack, "web-2"), 40, "the second web server")
    people = [f"many{n}@readers.example.org" for n in range(30)]
    with ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(sign_up, stack, who, trial, web) for who in people for web in ("web", "web-2")]
    assert {each.result() for each in sent} == {200}
    stack.until(lambda: all(stack.letters_to(who) for who in people), 60, "a mail each")
    time.sleep(5)  # two sweeps more: time for whatever would come twice
    counted = Counter(str(letter["To"]) for letter in stack.letters() if "many" in str(letter["To"]))
    assert set(counted.values()) == {1}
    ids = [letter["Message-ID"] for letter in stack.letters()]
    assert len(ids) == len(set(ids))
    for label in ("web-2", "worker-confirmations-2", "worker-confirmations-3", "worker-sweep-2"):
        stack.stop(label)


def _live(stack: Stack, web: str) -> bool:
    try:
        return stack.ask("GET", "/health/live", web=web).status == 200
    except OSError:
        return False


def test_without_redis_pages_serve_and_sign_ups_are_kept(stack: Stack, trial: str) -> None:
    """For as many seconds as REDIS_DOWN_SECONDS says: the drill takes 600."""
    for name in ("broker", "cache"):
        stack.stop(name, signal.SIGKILL)
    try:
        for path in ("/", "/trials/", f"/trials/{trial}/", "/basics/"):
            start = time.monotonic()
            assert stack.ask("GET", path).status == 200, path
            assert time.monotonic() - start < 4, path
        assert sign_up(stack, "dark@readers.example.org", trial) == 200
        assert stack.ask("GET", "/health/ready").status == 200
        time.sleep(float(os.environ.get("REDIS_DOWN_SECONDS", "3")))
        start = time.monotonic()
        assert stack.ask("GET", f"/trials/{trial}/?after={start}").status == 200
        assert time.monotonic() - start < 2, "a page waits for Redis"
    finally:
        for name in ("broker", "cache"):
            stack.start_redis(name)
    assert "confirm" in text_of(stack, "dark@readers.example.org")


def test_an_emptied_broker_costs_delay_only(stack: Stack, trial: str) -> None:
    url = (stack.secrets / "broker_url").read_text().strip()
    with redis.Redis.from_url(url) as client:
        done = threading.Event()

        def flush() -> None:
            while not done.wait(0.05):
                client.flushall()

        flusher = threading.Thread(target=flush)
        flusher.start()
        try:
            assert sign_up(stack, "flushed@readers.example.org", trial) == 200
            time.sleep(2)
        finally:
            done.set()
            flusher.join()
    assert "confirm" in text_of(stack, "flushed@readers.example.org")


def test_without_postgresql_pages_say_when_to_come_back(stack: Stack, trial: str) -> None:
    """Its sessions are cut and new ones refused, as in a restart; then all goes on by itself."""
    url = (stack.secrets / "database_url").read_text().strip()
    server = url.replace("/plaintrials?", "/postgres?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER DATABASE plaintrials ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'plaintrials'")
        try:
            answer = stack.ask("GET", f"/trials/{trial}/?fresh={time.time()}")
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "Traceback" not in answer.text
            assert stack.ask("GET", "/health/ready").status == 503
            assert stack.ask("GET", "/health/live").status == 200
        finally:
            connection.execute("ALTER DATABASE plaintrials ALLOW_CONNECTIONS true")
    assert stack.until(lambda: _page(stack, trial), 30, "the page again") == 200
    assert sign_up(stack, "after@readers.example.org", trial) == 200
    assert "confirm" in text_of(stack, "after@readers.example.org")


def _page(stack: Stack, trial: str) -> int | None:
    status = stack.ask("GET", f"/trials/{trial}/").status
    assert status in (200, 503)
    return status if status == 200 else None


def test_a_task_that_this_release_does_not_know_costs_nobody_a_mail(stack: Stack, trial: str) -> None:
    """Beside newer code an old worker may get a name that it does not know: the task is dropped, the work is not."""
    url = (stack.secrets / "broker_url").read_text().strip()
    with Celery(broker=url) as newer:
        for lane in ("confirmations", "alerts", "celery"):
            newer.send_task("subscriptions.tasks.of_the_next_release", queue=lane, ignore_result=True)
    assert sign_up(stack, "skew@readers.example.org", trial) == 200
    assert "confirm" in text_of(stack, "skew@readers.example.org")
    stack._all_run()


def test_the_running_code_works_on_the_tables_of_the_next_release(stack: Stack, trial: str) -> None:
    """Columns that it does not know, as an expanding migration adds them, and an index made meanwhile."""
    tables = ("subscriptions_confirmation", "subscriptions_email", "subscriptions_subscriber", "trials_trial")
    with psycopg.connect((stack.secrets / "database_url").read_text().strip(), autocommit=True) as connection:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN of_the_next_release text NOT NULL DEFAULT ''")
        connection.execute("CREATE INDEX CONCURRENTLY next_release ON trials_trial (of_the_next_release)")
        try:
            assert sign_up(stack, "wider@readers.example.org", trial) == 200
            assert "confirm" in text_of(stack, "wider@readers.example.org")
            assert stack.ask("GET", f"/trials/{trial}/?wider={time.time()}").status == 200
        finally:
            for table in tables:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN of_the_next_release")


def test_a_stop_lets_work_end(stack: Stack) -> None:
    """SIGTERM, as a deploy sends it: gone within compose's grace, nothing killed."""
    child = stack.children["worker-digests"]
    start = time.monotonic()
    stack.stop("worker-digests")
    assert child.process.returncode == 0
    assert time.monotonic() - start < 30
    stack.start("worker-digests")


def test_no_log_of_any_process_names_a_reader(stack: Stack) -> None:
    assert stack.letters()
    for log in stack.logs.iterdir():
        if log.stem not in ("mail", "registry"):
            assert "readers.example.org" not in log.read_text(errors="replace"), log.name
            assert "/updates/confirm/W" not in log.read_text(errors="replace"), log.name
