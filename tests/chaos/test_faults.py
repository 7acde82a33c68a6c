"""Services that lose their memory or die while mail goes out."""

import time

from tests.chaos.driver import SLOTS, World, wait_for

WORKER = ("celery", "-A", "config", "worker", "-c", "1", "-l", "WARNING", "--without-gossip", "--without-mingle")


def start_site(world: World, *, beats: int = 1) -> None:
    """A worker for all queues, and the clock, as many times as asked for."""
    world.start("worker", *WORKER, "-Q", "confirmations,alerts,digests,celery", "-n", "all@chaos")
    for n in range(beats):
        world.start(f"beat{n}", "celery", "-A", "config", "beat", "-l", "WARNING", "-s", f"{world.folder}/beat{n}")


def test_a_broker_emptied_again_and_again_loses_no_mail(world: World, is_long):
    world.begin(mails=2_000 if is_long else 150, delay=0.02)
    start_site(world)
    wait_for(lambda: len(world.ledger()) >= 20, 60, "the first mails")
    for _ in range(5):
        world.flush_broker()
        time.sleep(0.2)
    assert world.finish(120) <= 120
    assert world.verdict().complaints(policy="hold", kills=0, slots=0) == []


def test_mail_goes_on_after_postgresql_died(world: World, is_long):
    world.begin(mails=2_000 if is_long else 150, delay=0.02)
    world.start("sender", "tests.chaos.sender")
    wait_for(lambda: len(world.ledger()) >= 20, 60, "the first mails")
    world.crash_postgres()
    so_far = len(world.ledger())
    world.start_postgres()
    began = time.monotonic()
    wait_for(lambda: len(world.ledger()) > so_far, 60, "mail after the start")
    assert time.monotonic() - began <= 60
    world.finish(600 if is_long else 60)
    assert world.verdict().complaints(policy="resend", kills=1, slots=SLOTS) == []


def test_two_clocks_gather_each_digest_once(world: World):
    world.begin(mails=60)
    world.query("DELETE FROM subscriptions_digestrun")
    world.query("UPDATE subscriptions_notification SET email_id = NULL")
    world.query("DELETE FROM subscriptions_email")
    world.query("UPDATE subscriptions_subscription SET frequency = 'daily'")
    world.query("UPDATE subscriptions_subscriber SET digest_hour = extract(hour FROM now() AT TIME ZONE 'UTC')")
    start_site(world, beats=2)
    wait_for(lambda: len(world.ledger()) >= 60, 60, "the digests")
    time.sleep(5)  # two ticks more of both clocks
    world.finish(30)
    assert world.verdict().complaints(policy="hold", kills=0, slots=0) == []
    twice = world.query("SELECT 1 FROM subscriptions_digestrun GROUP BY frequency, due_hour HAVING count(*) > 1")
    assert twice == []
