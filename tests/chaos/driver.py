"""Services and senders of its own, killed by pid and started again. What it knows of the product: one table."""

import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

from config import embedded
from config.processes import ROOT, Crew
from tests.chaos.oracle import Key, Reader, Verdict, judge

SLOTS = 3
FINISHED = ("sent", "unknown", "failed", "cancelled")


@dataclass
class World:
    folder: Path
    stack: contextlib.ExitStack
    database: str = ""
    broker: str = ""
    env: dict[str, str] = field(default_factory=dict)
    readers: list[Reader] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def ledger_file(self) -> Path:
        return self.folder / "ledger.jsonl"

    def ledger(self) -> list[dict[str, Any]]:
        """Whole lines only: one may be half written."""
        text = self.ledger_file.read_text() if self.ledger_file.exists() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    # --- The script -----------------------------------------------------------------------------------------------

    def begin(self, *, mails: int, policy: str = "resend", delay: float = 0.005, hang_every: int = 0) -> None:
        """An empty site, a fresh ledger, and an event that concerns that many readers, and not some others."""
        self.begin_empty(policy=policy, delay=delay, hang_every=hang_every)
        trial, other = "NCT99100001", "NCT99100002"
        self.readers = [Reader(f"reader{n}@example.org", (trial,)) for n in range(mails)]
        for n in range(max(5, mails // 50)):
            self.readers += [
                Reader(f"never{n}@example.org", (trial,), confirmed=False),
                Reader(f"left{n}@example.org", (trial,), left=True),
                Reader(f"bounced{n}@example.org", (trial,), suppressed=True),
                Reader(f"other{n}@example.org", (other,)),
            ]
        self.events = [f"{trial}/2"]
        script = json.dumps({"readers": [asdict(reader) for reader in self.readers], "events": self.events})
        self.run("tests.chaos.fill", input=script.encode())

    def begin_empty(self, *, policy: str = "resend", delay: float = 0.005, hang_every: int = 0) -> None:
        self.stop_children()
        self.ledger_file.unlink(missing_ok=True)
        self.start_sink(delay, hang_every)
        self.env |= {"MAIL_AMBIGUOUS": policy}
        self.query("TRUNCATE trials_trial, trials_syncrun, subscriptions_subscriber, subscriptions_suppression CASCADE")

    def verdict(self) -> Verdict:
        return judge(self.readers, self.events, self.ledger(), self.parked())

    def parked(self) -> set[Key]:
        """What the product shows an administrator as undecided. A double of it is still in the ledger."""
        got = {line["to"] for line in self.ledger()}
        rows = self.query(
            "SELECT r.email FROM subscriptions_email e JOIN subscriptions_subscriber r ON r.id = e.subscriber_id"
            " WHERE e.state = 'unknown'"
        )
        return {(address, event) for (address,) in rows for event in self.events if address not in got}

    def parked_rows(self) -> int:
        return int(self.query("SELECT count(*) FROM subscriptions_email WHERE state = 'unknown'")[0][0])

    def unfinished(self) -> int:
        sql = "SELECT count(*) FROM subscriptions_email WHERE NOT state = ANY(%s)"
        return int(self.query(sql, [list(FINISHED)])[0][0])

    def query(self, sql: str, values: list[Any] | None = None) -> list[Any]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(sql, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    # --- Processes ------------------------------------------------------------------------------------------------

    def run(self, module: str, *words: str, input: bytes = b"") -> None:
        command = [sys.executable, "-m", module, *words]
        done = subprocess.run(command, cwd=ROOT, env=self.env, input=input, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-3000:]

    def start(self, name: str, *command: str) -> None:
        words = [sys.executable, "-m", *command]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        child = self.children.pop(name)
        child.kill()
        child.wait()

    def start_sink(self, delay: float, hang_every: int) -> None:
        options = {"--ledger": self.ledger_file, "--delay": delay, "--hang-every": hang_every}
        words = [str(word) for option in options.items() for word in option]
        command = [sys.executable, "-m", "tests.chaos.sink", *words]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert child.stdout is not None
        self.env["EMAIL_URL"] = f"smtp://127.0.0.1:{int(child.stdout.readline())}"
        child.stdout.close()
        self.children["sink"] = child

    def stop_children(self) -> None:
        for name in list(self.children):
            self.kill(name)

    def flush_broker(self) -> None:
        with redis.Redis.from_url(self.broker) as client:
            client.flushall()

    def crash_postgres(self) -> None:
        """The immediate stop: no goodbye, and recovery from the log at the next start."""
        pid = int(self.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")[0][0])
        os.kill(pid, signal.SIGQUIT)
        wait_for(lambda: not _alive(pid), 20, "PostgreSQL to stop")

    def start_postgres(self) -> None:
        """Under a crew of its own: a crew that saw a member die starts nothing more."""
        crew = self.stack.enter_context(Crew())
        log = self.folder / "pg.log"
        self.database, _ = embedded.start_postgres(crew, self.folder, log=log, settings=embedded.THROW_AWAY)

    # --- Killing --------------------------------------------------------------------------------------------------

    def send_with_kills(self, *, kills: int, seed: int, mode: str = "", seconds: float = 60) -> None:
        """Kill the sender whenever a random share of the mails went since the last time; then let it end its work."""
        chance = random.Random(seed)
        step = max(1, sum(reader.gets(self.events[0]) for reader in self.readers) // (kills + 1))
        for _ in range(kills):
            goal = len(self.ledger()) + chance.randint(1, step)
            self.start("sender", "tests.chaos.sender", *([mode] if mode else []))
            wait_for(lambda goal=goal: len(self.ledger()) >= goal or not self.unfinished(), seconds, "some mails")
            time.sleep(chance.uniform(0, 0.02))
            self.kill("sender")
        self.start("sender", "tests.chaos.sender", *([mode] if mode else []))
        self.finish(seconds)
        self.kill("sender")

    def finish(self, seconds: float) -> float:
        began = time.monotonic()
        wait_for(lambda: not self.unfinished(), seconds, "the outbox to be empty")
        return time.monotonic() - began


def wait_for(is_so: Callable[[], Any], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what} in vain"
        time.sleep(0.03)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@contextlib.contextmanager
def world() -> Iterator[World]:
    with (
        tempfile.TemporaryDirectory(prefix="pt-", ignore_cleanup_errors=True) as name,
        contextlib.ExitStack() as stack,
    ):
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as nobody
        this = World(folder, stack)
        this.start_postgres()
        this.broker = embedded.start_valkey(stack.enter_context(Crew()), folder, log=folder / "valkey.log")
        this.env = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PLAINTRIALS_NO_VENV": "1",
            "PLAINTRIALS_TEST": "1",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": this.database,
            "REDIS_URL": this.broker,
            "MAIL_RATE": "100000",
            "SWEEP_SECONDS": "2",
        }
        try:
            this.run("manage", "migrate", "-v", "0")
            yield this
        finally:
            this.stop_children()
