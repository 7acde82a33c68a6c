"""Where a cluster lies and whose it is. PostgreSQL will not run as root: then nobody runs it, who reaches little."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from config.processes import Account, Problem

DATA = "data"
POINTER = "postgres.path"
# A socket's path holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432"
LONGEST_FOLDER = 107 - len("/.s.PGSQL.5432")
OUTSIDE = Path("/var/tmp")  # noqa: S108 - mkdtemp makes the name there, and it outlives a reboot


@dataclass(frozen=True)
class Home:
    """One folder with the cluster, its socket and, where needed, a copy of its programs."""

    path: Path
    account: Account | None

    @classmethod
    def of(cls, state: Path, account: Account | None) -> "Home":
        """The folder that `state` points to or holds; made on first use where the account can reach it."""
        pointer = state / POINTER
        if pointer.exists() and (noted := Path(pointer.read_text().strip())).is_dir():
            return cls(noted, account)
        home = cls(state / "postgres", account)
        if home._usable():
            return home
        home = cls(Path(tempfile.mkdtemp(prefix="plaintrials-", dir=OUTSIDE)), account)
        if not home._usable():
            raise Problem(f"PostgreSQL cannot use {home.path}; choose another folder with --data.")
        pointer.write_text(f"{home.path}\n")
        return home

    def _usable(self) -> bool:
        if len(os.fsencode(self.path)) > LONGEST_FOLDER:
            return False
        new = not self.path.exists()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account:
            os.chown(self.path, self.account.uid, self.account.gid)
        if self._can("-w", self.path):
            return True
        if new:
            self.path.rmdir()
        return False

    def _can(self, test: str, path: Path) -> bool:
        options = self.account.options if self.account else {}
        return subprocess.run(["/bin/sh", "-c", 'test "$0" "$1"', test, str(path)], cwd="/", **options).returncode == 0

    def reachable(self, programs: Path) -> Path:
        """The programs, or a copy of them when a private folder above keeps the account out."""
        if self._can("-x", programs / "postgres"):
            return programs
        package = programs.parent.parent
        copies = self.path / "programs"
        wanted = copies / package.name / programs.relative_to(package)
        if not _same_size(wanted / "postgres", programs / "postgres"):
            shutil.rmtree(copies, ignore_errors=True)
            # Both folders side by side: the programs find their libraries by a relative path
            for folder in (package, package.with_name(package.name + ".libs")):
                shutil.copytree(folder, copies / folder.name, symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", copies], check=True)
        return wanted

    def url(self, database: str) -> str:
        return f"postgresql://app@/{database}?{urlencode({'host': str(self.path), 'port': 5432})}"

    def refuse_other_version(self, major: int) -> None:
        held = (self.path / DATA / "PG_VERSION").read_text().strip()
        if held != str(major):
            raise Problem(
                f"{self.path} holds data of PostgreSQL {held}, and the programs here are version {major}. "
                "Set PG_BIN to the older programs, or start afresh with another --data folder."
            )

    def clear_stale(self, programs: Path) -> None:
        """After a kill -9: wait for or stop a server left running here, and drop a pid file of one long gone."""
        note = self.path / DATA / "postmaster.pid"
        if not note.exists():
            return
        command = [str(programs / "pg_ctl"), "-D", str(self.path / DATA), "-m", "fast", "-w", "-t", "30", "stop"]
        options = self.account.options if self.account else {}
        if _runs_postgres(note):
            subprocess.run(command, cwd="/", capture_output=True, **options)
        deadline = time.monotonic() + 5
        while _runs_postgres(note) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not _runs_postgres(note):
            # The system may have given the number to a stranger, whom PostgreSQL would take for itself
            note.unlink(missing_ok=True)


def _runs_postgres(note: Path) -> bool:
    try:
        pid = int(note.read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return False
    if not sys.platform.startswith("linux"):
        return True
    return Path(f"/proc/{pid}/comm").read_text().startswith("postgres")


def _same_size(copy: Path, original: Path) -> bool:
    return copy.exists() and copy.stat().st_size == original.stat().st_size
