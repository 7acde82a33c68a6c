"""Children end with us, in order, whatever happens."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.processes import ROOT, Crew, Problem, StopAsked, free_port, port_is_free, spawn

SLEEP = ["/bin/sleep", "60"]
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's death signal is Linux's own")


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def test_children_stop_newest_stage_first(tmp_path: Path) -> None:
    script = f"trap 'echo $0 >> {tmp_path}/order; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    with Crew() as crew:
        for name in ("first", "second"):
            log = tmp_path / f"{name}.log"
            crew.add(spawn(name, ["/bin/sh", "-c", script, name], log=log, env=os.environ))
            crew.wait_until(lambda log=log: "up" in log.read_text(), seconds=5, otherwise="not up")
    assert (tmp_path / "order").read_text().split() == ["second", "first"]


def test_child_that_ignores_the_signal_is_killed_with_its_own_children(tmp_path: Path) -> None:
    script = f"trap '' TERM; sleep 60 & echo $! > {tmp_path}/grandchild; wait; sleep 60"
    crew = Crew()
    crew.add(spawn("stubborn", ["/bin/sh", "-c", script], log=tmp_path / "log", env=os.environ))
    grandchild = tmp_path / "grandchild"
    crew.wait_until(lambda: grandchild.exists() and grandchild.read_text() != "", seconds=5, otherwise="not up")

    crew.stop(patience=0.2)

    time.sleep(0.1)
    assert gone(int(grandchild.read_text()))


def test_a_dead_child_is_named_with_its_log(tmp_path: Path) -> None:
    with Crew() as crew:
        crew.add(spawn("The clock", ["/bin/sh", "-c", "exit 7"], log=tmp_path / "beat.log", env=os.environ))
        with pytest.raises(Problem, match=r"The clock stopped by itself \(exit code 7\)\. Its log: .*beat\.log"):
            crew.watch()


def test_waiting_ends_with_the_given_sentence(tmp_path: Path) -> None:
    with Crew() as crew, pytest.raises(Problem, match="No answer"):
        crew.wait_until(lambda: False, seconds=0.1, otherwise="No answer.")


def test_stop_signal_ends_the_watch(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Crew() as crew:
        crew.listen_for_stop()
        crew.add(spawn("sleep", SLEEP, log=tmp_path / "log", env=os.environ))
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopAsked):
            crew.watch()
    assert signal.getsignal(signal.SIGTERM) == before


@LINUX
def test_children_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from config.processes import spawn\n"
        "print(spawn('s', ['/bin/sleep', '60'], log=Path(sys.argv[1]), env=os.environ).process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    assert not gone(child)

    parent.kill()
    parent.wait()

    deadline = time.monotonic() + 5
    while not gone(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gone(child)


def test_free_port_prefers_the_old_one() -> None:
    port = free_port()
    assert port_is_free(port)
    assert free_port(port) == port
