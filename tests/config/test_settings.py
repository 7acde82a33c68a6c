"""A bad or missing setting stops the start with a sentence; every setting is explained; production is the default."""

import json
import os
import re
import subprocess
import sys

import pytest

from config.environment import Environment
from config.settings import ROOT
from tests.subscriptions.rsa import keys

KEY = "k3y-" * 16
GOOD = {"SECRET_KEY": KEY, "SITE_URL": "https://trials.example.org", "DATABASE_URL": "postgresql://app@127.0.0.1/x"}
SHOWN = """
import json, django
from django.conf import settings as s
names = ["DEBUG", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME",
         "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SECOND_FACTOR_REQUIRED", "ALLOWED_HOSTS",
         "CELERY_ACCEPT_CONTENT", "CELERY_TASK_SERIALIZER", "SECURE_PROXY_SSL_HEADER", "DATABASE_ROUTERS", "DATABASES"]
print(json.dumps({name: getattr(s, name) for name in names}, default=str))
"""


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **GOOD, **changes}
    return subprocess.run([sys.executable, "-c", SHOWN], env=env, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be a random text"),
        ({"SECRET_KEY": "django-insecure-" + KEY}, "SECRET_KEY must be a random text"),
        ({"SITE_URL": "http://trials.example.org"}, "SITE_URL must begin with https://"),
        ({"SITE_URL": "ftp://trials.example.org"}, "SITE_URL must begin with"),
        ({"DEBUG": "true"}, "DEBUG shows secrets"),
        ({"DEBUG": "maybe"}, "DEBUG is 'maybe'; it takes true or false"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS may not hold"),
        ({"TRUSTED_PROXIES": "everybody"}, "TRUSTED_PROXIES takes addresses or networks"),
        ({"METRICS_NETWORKS": "10.0.0.1/8"}, "METRICS_NETWORKS takes addresses or networks"),
        ({"MAIL_RATE": "fast"}, "MAIL_RATE is 'fast'; it takes a number"),
        ({"MAIL_RATE": "-1"}, "MAIL_RATE is -1; it takes a number of at least"),
        ({"MAIL_RATE": "nan"}, "MAIL_RATE is nan; it takes a number of at least"),
        ({"DKIM_SELECTOR": "autumn"}, "DKIM_KEY and DKIM_SELECTOR go together"),
        ({"DKIM_KEY": "s3cret-that-is-no-key", "DKIM_SELECTOR": "x"}, "DKIM_KEY is no RSA private key in PEM"),
        ({"MAIL_DOMAIN_RATE": "10 example.org=none"}, "MAIL_DOMAIN_RATE holds 'example.org=none'"),
        ({"MAIL_DOMAIN_RATE": "0"}, "MAIL_DOMAIN_RATE holds '0'"),
        ({"WEBHOOK_PROVIDER": "pigeons"}, "WEBHOOK_PROVIDER is 'pigeons'; it takes mailgun or postmark, or nothing."),
        ({"WEBHOOK_PROVIDER": "postmark"}, "WEBHOOK_PROVIDER needs WEBHOOK_SECRET"),
        ({"WEBHOOK_PROVIDER": "postmark", "WEBHOOK_SECRET": "name:"}, "WEBHOOK_PROVIDER needs WEBHOOK_SECRET"),
        ({"WEBHOOK_PROVIDER": "mailgun", "WEBHOOK_SECRET": "x"}, "set WEBHOOK_SIGNING_KEY too"),
        ({"MAIL_AMBIGUOUS": "shrug"}, "MAIL_AMBIGUOUS is 'shrug'; it takes resend or hold."),
        ({"EMAIL_URL": "smtp://mail?tls=perhaps"}, "tls is 'perhaps'"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must begin with"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE names /nowhere/key"),
        ({"PLAINTRIALS_TEST": "1"}, "PLAINTRIALS_TEST is for tests"),
    ],
)
def test_a_bad_setting_stops_the_start_with_a_sentence(changes: dict[str, str], sentence: str) -> None:
    done = start(**changes)
    assert done.returncode != 0
    assert sentence in done.stderr.strip().splitlines()[-1]


def test_a_bad_key_is_not_shown() -> None:
    done = start(DKIM_KEY="s3cret-that-is-no-key", DKIM_SELECTOR="x")
    assert "s3cret" not in done.stderr + done.stdout


def test_a_key_works_with_line_ends_and_without() -> None:
    for pem in (keys().private_pem, keys().private_pem.replace("\n", "\\n")):
        assert start(DKIM_KEY=pem, DKIM_SELECTOR="autumn").returncode == 0


def test_a_provider_with_its_secrets_is_taken() -> None:
    assert start(WEBHOOK_PROVIDER="mailgun", WEBHOOK_SECRET="x", WEBHOOK_SIGNING_KEY="y").returncode == 0


def test_production_is_the_default() -> None:
    settings = json.loads(start().stdout)
    assert settings["DEBUG"] is False
    for name in ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"):
        assert settings[name] is True
    assert settings["SECURE_HSTS_SECONDS"] >= 31536000
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert settings["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert settings["SECOND_FACTOR_REQUIRED"] is True
    assert settings["ALLOWED_HOSTS"] == ["trials.example.org"]
    assert (settings["CELERY_ACCEPT_CONTENT"], settings["CELERY_TASK_SERIALIZER"]) == (["json"], "json")
    assert settings["SECURE_PROXY_SSL_HEADER"] is None


def test_a_page_query_has_a_time_limit_and_a_worker_s_has_none() -> None:
    web = json.loads(start(PLAINTRIALS_PROCESS="web").stdout)["DATABASES"]["default"]
    assert "statement_timeout=15000" in web["OPTIONS"]["options"]
    assert "options" not in json.loads(start().stdout)["DATABASES"]["default"]["OPTIONS"]


def test_a_pooler_gets_no_start_up_parameters_and_no_server_side_cursors() -> None:
    url = GOOD["DATABASE_URL"] + "?pgbouncer=1"
    database = json.loads(start(PLAINTRIALS_PROCESS="web", DATABASE_URL=url).stdout)["DATABASES"]["default"]
    assert "options" not in database["OPTIONS"]
    assert "pgbouncer" not in database["OPTIONS"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_a_replica_gets_the_public_reads() -> None:
    settings = json.loads(start(DATABASE_REPLICA_URL="postgresql://app@127.0.0.2/x").stdout)
    assert settings["DATABASE_ROUTERS"] == ["config.replica.Router"]
    assert settings["DATABASES"]["replica"]["HOST"] == "127.0.0.2"


def test_a_secret_may_come_from_a_file(tmp_path) -> None:
    file = tmp_path / "key"
    file.write_text("from-a-file\n")
    assert Environment({"SECRET_KEY_FILE": str(file)}).text("SECRET_KEY") == "from-a-file"


def test_every_variable_is_explained_in_the_handbook() -> None:
    source = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)) - {"DEMO_MAIL_DIR"}
    handbook = (ROOT / "docs/operations.md").read_text()
    assert len(read) > 25
    assert not [name for name in sorted(read) if f"`{name}`" not in handbook]


def test_no_setting_is_read_elsewhere() -> None:
    elsewhere = [
        str(path.relative_to(ROOT))
        for app in ("trials", "explainers", "subscriptions")
        for path in (ROOT / app).rglob("*.py")
        if "os.environ" in path.read_text()
    ]
    assert not elsewhere
