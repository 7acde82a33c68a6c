"""docker-compose.yml keeps to the specification, and to what we promise of every container."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LANES = {"confirmations", "alerts", "digests", "sync", "celery"}
each = pytest.mark.parametrize("name", SERVICES)


def test_the_file_keeps_to_the_specification() -> None:
    schema = json.loads((ROOT / "tests/deploy/compose_spec.json").read_text(encoding="utf-8"))
    found = jsonschema.Draft201909Validator(schema).iter_errors(COMPOSE)
    assert not [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


def test_the_schema_does_refuse() -> None:
    schema = json.loads((ROOT / "tests/deploy/compose_spec.json").read_text(encoding="utf-8"))
    broken = {**COMPOSE, "services": {"web": {"imagee": "x"}}}
    assert list(jsonschema.Draft201909Validator(schema).iter_errors(broken))


def test_all_parts_are_there() -> None:
    assert {"proxy", "web", "beat", "migrate", "postgres", "broker", "cache"} <= SERVICES.keys()


def test_each_lane_has_a_worker_of_its_own() -> None:
    commands = [service.get("command", []) for service in SERVICES.values()]
    queues = [command[command.index("-Q") + 1] for command in commands if "worker" in command]
    assert sorted(queues) == sorted(LANES)


def test_every_task_goes_to_a_lane_that_somebody_works_on() -> None:
    from config.celery import app

    app.loader.import_default_modules()
    router = app.amqp.router
    ours = [name for name in app.tasks if name.split(".")[0] in ("trials", "explainers", "subscriptions", "config")]
    assert ours
    assert {router.route({}, name)["queue"].name for name in ours} <= LANES


@each
def test_it_runs_without_root_on_a_read_only_disk_with_no_rights(name: str) -> None:
    service = SERVICES[name]
    uid = service["user"].split(":")[0]
    assert uid.isdigit()
    assert int(uid) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


@each
def test_it_has_limits_and_a_health_check(name: str) -> None:
    service = SERVICES[name]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    assert service["pids_limit"] > 0
    if name != "migrate":
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


@each
def test_its_image_is_exact(name: str) -> None:
    image = SERVICES[name]["image"]
    if "${VERSION" in image:
        return
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?-[\w.]+(@sha256:[0-9a-f]{64})?", image), image


@each
def test_no_secret_stands_in_the_file(name: str) -> None:
    service = SERVICES[name]
    text = json.dumps([service.get("environment", {}), service.get("command", [])])
    assert not re.search(r"://[^/\s\"]*:[^/\s\"$]+@", text)
    for variable, value in service.get("environment", {}).items():
        if re.search("SECRET|PASSWORD|PEPPER|KEY|DATABASE_URL|REDIS_URL|CACHE_URL|EMAIL_URL", variable):
            assert variable.endswith("_FILE") or str(value).startswith("${"), variable
    for secret in service.get("secrets", []):
        assert COMPOSE["secrets"][secret]["file"].startswith("./deploy/secrets/")


@each
def test_only_the_proxy_is_reached_from_outside(name: str) -> None:
    assert bool(SERVICES[name].get("ports")) == (name == "proxy")
    networks = set(SERVICES[name]["networks"])
    if name in ("postgres", "broker", "cache", "beat", "migrate"):
        assert networks == {"inside"}
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_broker_and_cache_are_two_and_lose_different_things() -> None:
    broker, cache = ((ROOT / f"deploy/{name}.conf").read_text() for name in ("broker", "cache"))
    assert "maxmemory-policy noeviction" in broker
    assert "appendonly yes" in broker
    assert "maxmemory-policy allkeys-lru" in cache


def test_the_site_starts_after_its_tables_and_believes_its_proxy_only() -> None:
    for name in ("web", "beat", "worker-alerts"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    environment = SERVICES["web"]["environment"]
    assert environment["TRUSTED_PROXIES"] == COMPOSE["networks"]["edge"]["ipam"]["config"][0]["subnet"]
    assert {name for name, service in SERVICES.items() if "edge" in service["networks"]} == {"proxy", "web"}
    assert not {"PLAINTRIALS_DEMO", "PLAINTRIALS_TEST", "DEBUG"} & environment.keys()


def test_every_setting_of_compose_is_one_that_the_settings_read() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text()))
    given = {name.removesuffix("_FILE") for name in SERVICES["web"]["environment"]}
    assert given <= read


def test_the_secrets_that_compose_names_are_those_that_the_script_makes() -> None:
    script = (ROOT / "deploy/make-secrets").read_text()
    assert not [name for name in COMPOSE["secrets"] if name not in script]
