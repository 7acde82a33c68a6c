"""Addresses of the site, its services and its networks, checked as far as one can without asking them. Pure.

A password may stand in most of them, so that no message quotes one.
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

from config.bad_setting import bad_setting

SITE = "https://trials.example.org"
DATABASE = "postgresql://user:password@127.0.0.1:5432/plaintrials"
REDIS = "redis://127.0.0.1:6379/0"
MAIL = "smtp://user:password@mail.example.org:587?tls=starttls"
REGISTRY = "https://clinicaltrials.gov/api/v2"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WIDEST = {4: 8, 6: 7}
"""The fewest bits of a network of proxies: those of 10.0.0.0/8 and fc00::/7, the widest that are somebody's own."""
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)


def is_host(text: str) -> bool:
    """A name, or an address; IPv6 without its brackets."""
    if ":" in text or text.replace(".", "").isdigit():
        try:
            return bool(ip_address(text))
        except ValueError:
            return False
    return len(text) <= 253 and _HOST.fullmatch(text) is not None


def split(name: str, value: str, schemes: Collection[str], example: str, *, hosts: int = 1) -> SplitResult:
    """The parts of an address whose scheme, host (where there is one; up to `hosts` by commas) and port make sense."""
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise bad_setting(name, "has a blank or a line end in it", example)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        what = "has a port that is no number from 1 to 65535, or a / ? # [ ] in its password that is not written as %2F"
        raise bad_setting(name, what, example) from error
    if parts.scheme not in schemes:
        raise bad_setting(name, f"must begin with {' or '.join(s + '://' for s in schemes)}", example)
    if port == 0:
        raise bad_setting(name, "has port 0", example)
    if parts.hostname and not all(map(is_host, parts.hostname.split(",", hosts - 1))):
        raise bad_setting(name, "has a host that can be none", example)
    return parts


def _refuse(name: str, example: str, **found: Any) -> None:
    for what, is_there in found.items():
        if is_there:
            raise bad_setting(name, f"has {what.replace('_', ' ')}", example)


def site(name: str, value: str) -> str:
    """Scheme, host and port. Plain http is for this machine alone."""
    parts = split(name, value, ("https", "http"), SITE)
    if not parts.hostname:
        raise bad_setting(name, "names no host", SITE)
    _refuse(name, SITE, a_user_or_a_password="@" in parts.netloc, a_path=parts.path.strip("/"),
            a_query=parts.query, a_fragment=parts.fragment)  # fmt: skip
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise bad_setting(name, "must begin with https:// unless it names this machine (127.0.0.1)", SITE)
    return f"{parts.scheme}://{parts.netloc.rstrip(':')}"


def registry(name: str, value: str) -> str:
    """What is read without TLS may be anybody's, so plain http is for this machine alone."""
    parts = split(name, value, ("https", "http"), REGISTRY)
    if not parts.hostname:
        raise bad_setting(name, "names no host", REGISTRY)
    _refuse(name, REGISTRY, a_user_or_a_password="@" in parts.netloc, a_query=parts.query, a_fragment=parts.fragment)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise bad_setting(name, "must begin with https:// unless it names this machine (127.0.0.1)", REGISTRY)
    return value.rstrip("/")


def redis(name: str, value: str) -> str:
    """redis://:password@host:port/number, rediss:// with TLS, unix:///path of a socket."""
    parts = split(name, value, ("redis", "rediss", "unix"), REDIS)
    if parts.scheme == "unix":
        if not parts.path.strip("/"):
            raise bad_setting(name, "names no socket", "unix:///run/valkey/valkey.sock")
        return value
    if not parts.hostname:
        raise bad_setting(name, "names no host", REDIS)
    numbers = [parts.path.strip("/"), *parse_qs(parts.query).get("db", [])]
    if not all(re.fullmatch(r"\d{0,5}", number) for number in numbers):
        raise bad_setting(name, "names a database that is no number", REDIS)
    return value


def database(name: str, value: str) -> dict[str, Any]:
    """postgresql://user:password@host:port/name?host=/socket/folder&sslmode=... as Django's settings."""
    parts = split(name, value, ("postgresql", "postgres"), DATABASE, hosts=8)  # the first of them that answers
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    found = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": options.pop("port", None) or (str(parts.port) if parts.port else ""),
        "OPTIONS": options,
    }
    if not found["NAME"] and "service" not in options:
        raise bad_setting(name, "names no database", DATABASE)
    if found["PORT"] and not re.fullmatch(r"\d{1,5}", str(found["PORT"])):
        raise bad_setting(name, "has a port that is no number", DATABASE)
    _check_options(name, options)
    return found


def _check_options(name: str, options: dict[str, str]) -> None:
    """Those that libpq knows, and our own mark of a pooler."""
    try:
        make_conninfo(**{key: value for key, value in options.items() if key != "pgbouncer"})
    except ProgrammingError as error:
        raise bad_setting(name, "has an option that PostgreSQL does not know", f"{DATABASE}?sslmode=require") from error


def database_options(options: dict[str, Any], *, is_web: bool) -> dict[str, Any]:
    """Limits of a web process's queries. A PgBouncer takes no start-up parameters: there the role carries them."""
    options = {"connect_timeout": 5, "application_name": "plaintrials", **options}
    if is_web and "pgbouncer" not in options and "options" not in options:
        limits = {"statement_timeout": 15000, "lock_timeout": 5000, "idle_in_transaction_session_timeout": 30000}
        options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return options


def mail(name: str, value: str) -> dict[str, Any]:
    """smtp://user:password@host:port?tls=starttls (or tls=yes for TLS from the first byte) as Django's settings."""
    parts = split(name, value, ("smtp", "smtps"), MAIL)
    if not parts.hostname:
        raise bad_setting(name, "names no host", MAIL)
    options = parse_qs(parts.query, keep_blank_values=True)
    tls = options.pop("tls", ["yes" if parts.scheme == "smtps" else "no"])[-1]
    if tls not in ("no", "starttls", "yes"):
        raise bad_setting(name, f"says that tls is {tls!r}, which takes no, starttls or yes", MAIL)
    _refuse(name, MAIL, a_path=parts.path.strip("/"), an_option_other_than_tls=options, a_fragment=parts.fragment)
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if tls == "yes" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": tls == "starttls",
        "EMAIL_USE_SSL": tls == "yes",
    }


def networks(name: str, words: Collection[str]) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(word) for word in words]
    except ValueError as error:
        raise bad_setting(name, f"takes addresses or networks ({error})", "127.0.0.1,172.30.10.0/24") from error


def proxies(name: str, words: Collection[str]) -> list[IPv4Network | IPv6Network]:
    """Networks that may say who a visitor is: never one that anybody can be in."""
    found = networks(name, words)
    for network in found:
        if network.prefixlen < WIDEST[network.version]:
            raise bad_setting(name, f"would believe strangers, as {network} is not yours alone", "127.0.0.1,10.0.0.0/8")
    return found


def hosts(name: str, words: Collection[str]) -> list[str]:
    """Names as a Host header has them, without a port; a dot before one lets its subdomains in."""
    for word in words:
        if "*" in word:
            raise bad_setting(name, "may not hold *, which lets in every name", "trials.example.org,www.example.org")
        if not is_host(word[1:-1] if word[:1] + word[-1:] == "[]" else word.removeprefix(".")):
            raise bad_setting(name, f"holds {word!r}, which is no host name", "trials.example.org,www.example.org")
    return list(words)
