"""The services of one state folder: those that the environment names are used, the others are started here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from config import embedded
from config.processes import Crew, free_port
from config.state import State

PUBLIC_REGISTRY = "clinicaltrials.gov"
LIVE_POLL_SECONDS = 900
OUTSIDE_SERVICES = ("DATABASE_URL", "DATABASE_REPLICA_URL", "REDIS_URL", "CACHE_URL", "EMAIL_URL", "REGISTRY_URL")
NOWHERE = "smtp://127.0.0.1:9"


@dataclass
class Services:
    """What was started, and the variables by which Django finds it."""

    environment: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    fresh_database: bool = False


def given(name: str) -> bool:
    """By value or, as containers hand over secrets, by NAME_FILE. An empty variable counts as none."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def full_environment(defaults: Mapping[str, str]) -> dict[str, str]:
    """Our values below what the caller's environment says."""
    return {**defaults, **{name: value for name, value in os.environ.items() if value or name not in defaults}}


def start_stores(crew: Crew, folder: Path, logs: Path, *, settings: Mapping[str, str] = embedded.MODEST) -> Services:
    """PostgreSQL and Valkey, unless DATABASE_URL or REDIS_URL names another."""
    services = Services()
    if not given("DATABASE_URL"):
        url, services.fresh_database = embedded.start_postgres(
            crew, folder, log=logs / "postgresql.log", settings=settings
        )
        services.environment["DATABASE_URL"] = url
    if not given("REDIS_URL"):
        url = embedded.start_valkey(crew, folder, log=logs / "valkey.log")
        services.environment |= {"REDIS_URL": f"{url}/0", "CACHE_URL": f"{url}/1"}
    return services


def site_environment(state: State, *, site_url: str, live: bool) -> dict[str, str]:
    """The demo's own settings, apart from its services."""
    return {
        "PLAINTRIALS_DEMO": "1",
        "SECRET_KEY": state.secret("secret_key"),
        "SUPPRESSION_PEPPER": state.secret("suppression_pepper"),
        "SITE_URL": site_url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DEFAULT_FROM_EMAIL": "Plain Trials <updates@plaintrials.example>",
        "DEMO_MAIL_DIR": str(state.mail),
        "REGISTRY_POLL_SECONDS": str(LIVE_POLL_SECONDS if live else 10),
        "SWEEP_SECONDS": "5",
    }


def start_mail_and_registry(crew: Crew, state: State, services: Services, *, live: bool) -> None:
    """The catcher and the sample registry, on the ports of the last run where those are free."""
    last = state.read_record().get("ports", {})
    env = full_environment(services.environment)
    children = []
    if not given("EMAIL_URL"):
        port = services.ports["mail"] = free_port(last.get("mail", 0))
        children.append(embedded.mail_catcher(port, state.mail, log=state.log("mail"), env=env))
        services.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
    if not given("REGISTRY_URL") and not live:
        port = services.ports["registry"] = free_port(last.get("registry", 0))
        folder = state.path / "registry"
        children.append(embedded.sample_registry(port, folder, log=state.log("registry"), env=env))
        services.environment |= {"REGISTRY_URL": f"http://127.0.0.1:{port}/api/v2", "PLAINTRIALS_SAMPLE": "1"}
    crew.add(*children)
    embedded.wait_for_ports(crew, *services.ports.values())


def asks_public_registry(mode: str) -> bool:
    """True where a full import would mean more than half a million studies."""
    if given("REGISTRY_URL"):
        host = urlsplit(os.environ["REGISTRY_URL"]).hostname or ""
        return host == PUBLIC_REGISTRY or host.endswith("." + PUBLIC_REGISTRY)
    return mode == "live"
