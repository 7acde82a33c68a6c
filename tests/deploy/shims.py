"""What stands in for a server's own programs when the handbook is walked: python -m tests.deploy.shims NAME WORDS...

`systemctl` starts the very ExecStart of the unit files, `curl` asks as the proxy would, `sudo` stays who it is. Each
call is written down in $WORLD/calls.
"""

import glob
import http.client
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis

WORLD = Path(os.environ.get("WORLD", "/nonexistent"))
UNITS, PIDS, LOGS = WORLD / "etc/systemd/system", WORLD / "pids", WORLD / "logs"


def systemctl(words: list[str]) -> int:
    verb, names = words[0], [word for word in words[1:] if not word.startswith("-")]
    chosen = [each for word in names for each in matching(word)]
    if verb in ("stop", "restart"):
        stop(chosen)
    for name in chosen:
        if verb in ("start", "restart", "enable"):
            start(name, *command_of(name))
        if verb == "reload":
            os.kill(int((PIDS / name).read_text()), signal.SIGHUP)
    return 0


def matching(word: str) -> Iterator[str]:
    """A unit, or those that run when it is a pattern."""
    found = [Path(path).name for path in glob.glob(str(PIDS / word))]
    yield from found if "*" in word else [word]


def command_of(name: str) -> tuple[list[str], dict[str, str]]:
    """ExecStart and environment of a unit of ours; Debian's two Redis servers by their configuration."""
    if name.startswith("redis-server"):
        conf = f"redis-{name.partition('@')[2]}.conf" if "@" in name else "redis.conf"
        return [os.environ["REDIS_SERVER"], str(WORLD / "etc/redis" / conf)], {}
    if name == "caddy":
        return ["sleep", "3600"], {}  # tests/deploy/test_compose.py reads its file; nothing here runs it
    stem, _, instance = name.partition("@")
    text = (UNITS / (f"{stem}@.service" if instance else f"{stem}.service")).read_text()
    text = text.replace("%i", instance).replace("%H", "test")
    lines = [line.partition("=")[::2] for line in text.splitlines() if "=" in line]
    given = dict(word.split("=", 1) for key, value in lines if key == "Environment" for word in shlex.split(value))
    for key, value in lines:
        if key == "EnvironmentFile":
            given |= dict(line.split("=", 1) for line in shlex.split(Path(value).read_text()))
        if key == "User":
            given["PGUSER"] = value
        if key == "RuntimeDirectory":
            (WORLD / "run" / value).mkdir(parents=True, exist_ok=True)
    (line,) = [value for key, value in lines if key == "ExecStart"]
    return shlex.split(line), given


def start(name: str, command: list[str], env: dict[str, str]) -> None:
    if (PIDS / name).exists():
        return
    folder = WORLD / "srv/plaintrials"
    clean = {key: os.environ[key] for key in ("PATH", "WORLD", "PGHOST") if key in os.environ}
    with (LOGS / name).open("ab") as log:
        child = subprocess.Popen(command, cwd=folder if folder.exists() else WORLD, env={**clean, **env},
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # fmt: skip
    (PIDS / name).write_text(str(child.pid))


def stop(names: list[str]) -> None:
    """As systemd does it: ask them all, wait, then kill what is left."""
    pids = {int((PIDS / name).read_text()) for name in names if (PIDS / name).exists()}
    for name in names:
        (PIDS / name).unlink(missing_ok=True)
    for number, patience in ((signal.SIGTERM, 40), (signal.SIGKILL, 5)):
        for pid in filter(alive, pids):
            os.kill(pid, number)
        end = time.monotonic() + patience
        while time.monotonic() < end and any(map(alive, pids)):
            time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def systemd_run(words: list[str]) -> int:
    (name,) = [word.removeprefix("--unit=") for word in words if word.startswith("--unit=")]
    first = next(place for place, word in enumerate(words) if not word.startswith("--"))
    start(name, words[first:], {})
    return 0


def sudo(words: list[str]) -> int:
    """PostgreSQL's superuser is called app here; files belong to whoever runs the tests."""
    user = {"postgres": "app"}.get(words[1], words[1])
    return subprocess.run(words[2:], env={**os.environ, "PGUSER": user, "PGDATABASE": "postgres"}).returncode


def install(words: list[str]) -> int:
    """Without owners: there is one account."""
    kept, skip = [], False
    for word in words:
        if not skip and word not in ("-o", "-g"):
            kept.append(word)
        skip = word in ("-o", "-g")
    return subprocess.run(["/usr/bin/install", *kept]).returncode


def python3(words: list[str]) -> int:
    """A new environment is a folder of ways into the one that runs the tests."""
    if words[:2] != ["-m", "venv"]:
        return subprocess.run([sys.executable, *words]).returncode
    folder = Path(words[2]) / "bin"
    folder.mkdir(parents=True)
    for name, rest in (("python", ""), ("celery", "-m celery"), ("gunicorn", "-m gunicorn")):
        (folder / name).write_text(f'#!/bin/sh\nexec {sys.executable} {rest} "$@"\n')
        (folder / name).chmod(0o755)
    (folder / "pip").symlink_to(WORLD / "bin/pip")
    return 0


def curl(words: list[str]) -> int:
    """POSTs a form, as the proxy passes it on; prints the status."""
    (url,) = [word for word in words if word.startswith("https://")]
    fields = [words[place + 1] for place, word in enumerate(words) if word == "-d"]
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["WEB_PORT"]), timeout=20)
    headers = {"Host": urlsplit(url).netloc, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7",
               "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip
    connection.request("POST", urlsplit(url).path, "&".join(fields), headers)
    status = connection.getresponse().status
    print(status)
    return 0 if status == 200 else 22


def redis_cli(words: list[str]) -> int:
    assert words[0] == "-p"
    with redis.Redis(port=int(words[1])) as client:
        client.execute_command(*words[2:])
    return 0


def nothing(words: list[str]) -> int:
    return 0


SHIMS = {
    "systemctl": systemctl, "systemd-run": systemd_run, "sudo": sudo, "install": install, "python3": python3,
    "curl": curl, "redis-cli": redis_cli, "apt-get": nothing, "adduser": nothing, "chgrp": nothing, "pip": nothing,
}  # fmt: skip


def main(name: str, words: list[str]) -> int:
    with (WORLD / "calls").open("a") as log:
        log.write(shlex.join([name, *words]) + "\n")
    return SHIMS[name](words)


if __name__ == "__main__":
    assert re.fullmatch(r"[\w-]+", sys.argv[1])
    sys.exit(main(sys.argv[1], sys.argv[2:]))
