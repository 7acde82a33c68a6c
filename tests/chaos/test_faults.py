"""Services that lose their memory or die while mail goes out."""

import time
from collections import Counter

from tests.chaos import small_disk
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


def pace_of_connections(world: World, seconds: float) -> dict[int, float]:
    """Mails a second of each connection, from the first mail on."""
    wait_for(lambda: len(world.ledger()) >= 4, 30, "the first mails")
    began = world.ledger()[-1]["at"]
    time.sleep(seconds)
    lines = [line for line in world.ledger() if began < line["at"] <= began + seconds]
    return {number: count / seconds for number, count in Counter(line["connection"] for line in lines).items()}


def oldest_transaction(world: World) -> float:
    sql = ("SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity"
           " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")  # fmt: skip
    return float(world.query(sql)[0][0])


def test_a_server_that_hangs_on_one_connection_in_four_slows_no_other(world: World, is_long):
    seconds, mails = (60.0, 6_000) if is_long else (3.0, 320)
    world.begin(mails=mails, delay=0.05)
    world.start("sender", "tests.chaos.sender", "4")
    calm = pace_of_connections(world, seconds)
    assert len(calm) == 4
    world.begin(mails=mails, delay=0.05, hang_every=4)
    world.start("sender", "tests.chaos.sender", "4")
    hung = pace_of_connections(world, seconds)
    assert len(hung) == 3, "the fourth got through to nobody"
    assert sum(hung.values()) / 3 >= 0.7 * sum(calm.values()) / 4
    assert oldest_transaction(world) < min(30, seconds), "a transaction waits for the mail server"
    found = world.verdict().complaints(policy="hold", kills=0, slots=0)
    assert [each for each in found if " lost, " not in each] == []


def test_a_full_disk_stops_sending_and_no_mail_goes_unrecorded(world: World):
    mails = 150
    world.begin(mails=mails, delay=0.01)
    with small_disk.under_the_outbox(world) as disk:
        disk.fill()
        world.start("sender", "tests.chaos.sender")
        log = world.folder / "pg.log"
        wait_for(lambda: b"No space left on device" in log.read_bytes(), 60, "the disk to be full")
        wait_for(lambda: stands_still(world, 2), 60, "sending to stop")
        went = {line["to"] for line in world.ledger()}
        assert len(went) < mails, "the disk was not full enough to stop anything"
        known = world.query("SELECT r.email FROM subscriptions_email e JOIN subscriptions_subscriber r"
                            " ON r.id = e.subscriber_id WHERE e.state IN ('sending', 'sent', 'unknown')")  # fmt: skip
        assert went <= {address for (address,) in known}, "a mail went of which no row says so"
        disk.free()
        world.finish(60)
        assert world.verdict().complaints(policy="resend", kills=1, slots=SLOTS) == []


def stands_still(world: World, seconds: float) -> bool:
    before = len(world.ledger())
    time.sleep(seconds)
    return len(world.ledger()) == before
