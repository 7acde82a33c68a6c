"""A bad or missing setting stops the start with a sentence; every setting is explained; production is the default."""

import json
import os
import re
import runpy
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

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
        ({"DEBUG": "maybe"}, "DEBUG is 'maybe' and takes true or false"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS may not hold"),
        ({"TRUSTED_PROXIES": "everybody"}, "TRUSTED_PROXIES takes addresses or networks"),
        ({"METRICS_NETWORKS": "10.0.0.1/8"}, "METRICS_NETWORKS takes addresses or networks"),
        ({"MAIL_RATE": "fast"}, "MAIL_RATE is 'fast' and takes a number"),
        ({"MAIL_RATE": "-1"}, "MAIL_RATE is -1 and takes a number from 0.01"),
        ({"MAIL_RATE": "nan"}, "MAIL_RATE is nan and takes a number from 0.01"),
        ({"DKIM_SELECTOR": "autumn"}, "DKIM_KEY and DKIM_SELECTOR go together"),
        ({"DKIM_KEY": "s3cret-that-is-no-key", "DKIM_SELECTOR": "x"}, "DKIM_KEY is no RSA private key in PEM"),
        ({"MAIL_DOMAIN_RATE": "10 example.org=none"}, "MAIL_DOMAIN_RATE holds 'example.org=none'"),
        ({"MAIL_DOMAIN_RATE": "0"}, "MAIL_DOMAIN_RATE holds '0'"),
        ({"WEBHOOK_PROVIDER": "pigeons"}, "WEBHOOK_PROVIDER is 'pigeons' and takes one of mailgun, postmark"),
        ({"WEBHOOK_PROVIDER": "postmark"}, "WEBHOOK_PROVIDER needs WEBHOOK_SECRET"),
        ({"WEBHOOK_PROVIDER": "postmark", "WEBHOOK_SECRET": "name:"}, "WEBHOOK_SECRET lacks the part"),
        ({"WEBHOOK_PROVIDER": "mailgun", "WEBHOOK_SECRET": "x"}, "set WEBHOOK_SIGNING_KEY too"),
        ({"MAIL_AMBIGUOUS": "shrug"}, "MAIL_AMBIGUOUS is 'shrug' and takes one of"),
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


WRONG = [
    ("SIGNUP_LIMITS", ["banana", "network=abc", "network=-1", "network=0", "foo=3", "100", "network="]),
    ("DEFAULT_FROM_EMAIL", ["banana", "a@x.org\r\nBcc: b@x.org", "a@x.org, b@x.org", "Trials <a@x.org> <b@x.org>"]),
    ("DATABASE_URL", ["postgresql://h:port/x", "postgresql://h:99999/x", "postgresql://h", "postgresql:///", "x",
                      "postgresql://h/x?sslmod=require", "postgresql://[::1/x", "postgresql://a b/x"]),
    ("EMAIL_URL", ["smtp://h:port", "smtp://", "smtp://h:0", "smtp://h?tsl=starttls", "smtp://h/x", "mail"]),
    ("REDIS_URL", ["redis://h:port/0", "redis://h/notanumber", "redis://", "redis:///0", "unix://", "redis://h?db=x"]),
    ("SITE_URL", ["https://x y", "https://x.org:99999", "https://user:s3cret@x.org", "https://x.org/?q=1",
                  "https://x.org/path", "https://", "https://x.org#top", "https://-x.org", "https://x.org:0"]),
    ("REGISTRY_URL", ["http://registry.example.org/api/v2", "https://u:s3cret@x.org", "https://x.org?a=1", "https://"]),
    ("REGISTRY_CONTACT", ["a@x.org\r\nX-Evil: 1", "a (b)", "you\u00e9@x.org"]),
    ("BOUNCE_DOMAIN", ["a b", "http://x", "@x", "x..org", "x.org/"]),
    ("ALLOWED_HOSTS", ["https://x", "trials.example.org,.", "x.org:443", "trials.example.org *.x.org", "a/b"]),
    ("TRUSTED_PROXIES", ["0.0.0.0/0", "::/0", "128.0.0.0/1"]),
    ("MAIL_RATE", ["inf", "-inf", "1e300"]),
    ("SWEEP_SECONDS", ["inf", "0", "nan"]),
    ("MAIL_DOMAIN_RATE", ["10 =2", "inf", "nan", "x.org=inf", "a/b=2", "10 20", "x.org=1 X.org=2"]),
    ("WEBHOOK_SECRET", ["a:", ":s3cret"]),
    ("SUPPRESSION_PEPPER", ["s3cret"]),
    ("SECRET_KEY_FALLBACKS", ["s3cret", KEY + ",s3cret"]),
    ("DKIM_SELECTOR", ["a b", "a\nb"]),
    ("SITE_NAME", ["Plain\nTrials"]),
    ("SENTRY_DSN", ["https://", "https://h:port/1"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG for value in values])
def test_a_value_that_cannot_work_is_refused_by_name_with_an_example_and_unshown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for key, given in {**GOOD, name: value}.items():
        monkeypatch.setenv(key, given)
    for key in ("DKIM_KEY", "PLAINTRIALS_TEST", *(f"{name}_FILE" for name, _ in WRONG)):
        monkeypatch.delenv(key, raising=False)
    with pytest.raises(ImproperlyConfigured) as refused:
        runpy.run_path(str(ROOT / "config/settings.py"))
    sentence = str(refused.value)
    assert sentence.startswith(name)
    assert "write it like" in sentence
    assert "\n" not in sentence
    assert "s3cret" not in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGNUP_LIMITS", "off"), ("SIGNUP_LIMITS", "network=5, site=10"), ("DEFAULT_FROM_EMAIL", "a@x.org"),
        ("DEFAULT_FROM_EMAIL", '"Trials, Plain" <a@x.org>'), ("DATABASE_URL", "postgresql:///x?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql://u:p%2Fw@[::1]:5432/x?sslmode=require&pgbouncer=1"),
        ("DATABASE_URL", "postgresql://one,two/x"), ("EMAIL_URL", "smtps://u:p@mail.example.org"),
        ("REDIS_URL", "redis://:pass@broker:6379/0"), ("REDIS_URL", "unix:///run/x.sock?db=1"),
        ("REDIS_URL", "redis://h"), ("SITE_URL", "https://x.org/"), ("SITE_URL", "http://[::1]:8000"),
        ("REGISTRY_URL", "http://127.0.0.1:8100/api/v2"), ("REGISTRY_CONTACT", "you@x.org"),
        ("BOUNCE_DOMAIN", "bounces.example.org"), ("ALLOWED_HOSTS", ".x.org, 10.0.0.1 [::1] localhost"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8,127.0.0.1"), ("MAIL_DOMAIN_RATE", "10 example.org=0.5"),
        ("WEBHOOK_SECRET", "name:pass:word"), ("SECRET_KEY_FALLBACKS", f"{KEY},{KEY}x"), ("SUPPRESSION_PEPPER", KEY),
    ],
)  # fmt: skip
def test_a_value_that_works_is_taken(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    for key, given in {**GOOD, name: value}.items():
        monkeypatch.setenv(key, given)
    monkeypatch.delenv("PLAINTRIALS_TEST", raising=False)
    runpy.run_path(str(ROOT / "config/settings.py"))


DOORS = {
    "manage.py": ["manage.py", "check"],
    "a command of ours": ["manage.py", "sync_trials"],
    "gunicorn": ["-m", "gunicorn", "config.wsgi", "-b", "127.0.0.1:0"],
    "celery": ["-m", "celery", "-A", "config", "worker"],
}


@pytest.mark.parametrize("words", DOORS.values(), ids=DOORS.keys())
def test_every_door_gives_the_sentence_and_no_traceback(words: list[str]) -> None:
    env = {"PATH": os.environ["PATH"], **GOOD, "PLAINTRIALS_NO_VENV": "1", "SIGNUP_LIMITS": "banana"}
    done = subprocess.run([sys.executable, *words], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("SIGNUP_LIMITS holds 'banana'")


@pytest.mark.parametrize("length", [31, 32])
def test_the_sentence_about_the_key_says_the_length_that_is_asked_for(length: int) -> None:
    done = start(SECRET_KEY="abcdefgh" * 3 + "x" * (length - 24))
    assert (done.returncode == 0) == (length >= 32)
    assert length >= 32 or "at least 32 characters" in done.stderr
    assert "32 characters at least" in (ROOT / "docs/operations.md").read_text()


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
