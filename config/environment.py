"""Typed reading of environment variables. A missing or bad value stops the start with a sentence."""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


class Environment:
    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        """Reads NAME, or the file that NAME_FILE names (how containers hand over secrets)."""
        value = self._values.get(name, "").strip()
        if not value and (path := self._values.get(f"{name}_FILE", "").strip()):
            try:
                with open(path, encoding="utf-8") as secret:
                    value = secret.read().strip()
            except OSError as error:
                raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error}.") from error
        if value:
            return value
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set. See the table of settings in docs/operations.md.")
        return default

    def words(self, name: str) -> list[str]:
        return [word for word in re.split(r"[,\s]+", self.text(name, "")) if word]

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        try:
            return [ip_network(word) for word in self.words(name)]
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} takes addresses or networks: {error}.") from error

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, "").lower()
        if value in ("", "default"):
            return default
        if value in ("1", "true", "yes", "on"):
            return True
        if value in ("0", "false", "no", "off"):
            return False
        raise ImproperlyConfigured(f"{name} is {value!r}; it takes true or false.")

    def number(self, name: str, default: float, least: float = 0) -> float:
        value = self.text(name, "")
        try:
            number = float(value) if value else default
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} is {value!r}; it takes a number.") from error
        if not number >= least:
            raise ImproperlyConfigured(f"{name} is {value}; it takes a number of at least {least:g}.")
        return number

    def rates(self, name: str) -> dict[str, float]:
        """`10 example.org=2`: numbers above 0, by name, under "" for all others."""
        found: dict[str, float] = {}
        for word in self.words(name):
            key, _, value = word.rpartition("=")
            try:
                found[key.lower()] = float(value)
            except ValueError:
                found[key.lower()] = 0
            if not found[key.lower()] > 0:
                raise ImproperlyConfigured(f"{name} holds {word!r}; it takes numbers, like 10 or example.org=2.")
        return found

    def private_key(self, name: str) -> str:
        """An RSA key as PEM, with line ends or with \\n for them; empty where none is given."""
        value = self.text(name, "").replace("\r\n", "\n").replace("\\n", "\n")
        if not value:
            return ""
        from dkim import crypto  # only sites that sign need it

        try:
            key = crypto.parse_pem_private_key(value.encode())
        except Exception:  # not from it: it would show the key
            key = None
        if key is None:
            raise ImproperlyConfigured(f"{name} is no RSA private key in PEM, or {name}_FILE names none.") from None
        if key["modulus"].bit_length() < 1024:
            raise ImproperlyConfigured(f"{name} is too short: mailbox providers want 2048 bits.")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of `choices`; the first is the default, and may be to name none."""
        value = self.text(name, choices[0])
        if value not in choices:
            named = " or ".join(choice for choice in choices if choice)
            none = "" if all(choices) else ", or nothing"
            raise ImproperlyConfigured(f"{name} is {value!r}; it takes {named}{none}.")
        return value

    def url(self, name: str, schemes: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default)
        if value and urlsplit(value).scheme not in schemes:
            raise ImproperlyConfigured(f"{name} must begin with {' or '.join(s + '://' for s in schemes)}.")
        return value

    def database(self, name: str) -> dict[str, Any] | None:
        """postgresql://user:password@host:port/name?host=/socket/folder&sslmode=... as Django's settings."""
        value = self.url(name, ("postgresql", "postgres"), "")
        if not value:
            return None
        parts = urlsplit(value)
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", None) or parts.hostname or "",
            "PORT": options.pop("port", None) or (str(parts.port) if parts.port else ""),
            "OPTIONS": options,
        }

    @staticmethod
    def database_options(options: dict[str, Any], *, is_web: bool) -> dict[str, Any]:
        """Limits of a web process's queries. A PgBouncer takes no start-up parameters: there the role carries them."""
        options = {"connect_timeout": 5, "application_name": "plaintrials", **options}
        if is_web and "pgbouncer" not in options and "options" not in options:
            limits = {"statement_timeout": 15000, "lock_timeout": 5000, "idle_in_transaction_session_timeout": 30000}
            options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
        return options

    def mail(self, name: str) -> dict[str, Any]:
        """smtp://user:password@host:port?tls=starttls (or tls=yes for TLS from the first byte)."""
        parts = urlsplit(self.url(name, ("smtp", "smtps"), "smtp://127.0.0.1:25"))
        tls = parse_qs(parts.query).get("tls", ["yes" if parts.scheme == "smtps" else "no"])[-1]
        if tls not in ("no", "starttls", "yes"):
            raise ImproperlyConfigured(f"{name}: tls is {tls!r}; it takes no, starttls or yes.")
        return {
            "EMAIL_HOST": parts.hostname or "127.0.0.1",
            "EMAIL_PORT": parts.port or (465 if tls == "yes" else 25),
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_TLS": tls == "starttls",
            "EMAIL_USE_SSL": tls == "yes",
        }
