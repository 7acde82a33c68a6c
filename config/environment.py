"""Typed reading of environment variables. A missing or bad value stops the start with a sentence."""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import mail_values, service_urls
from config.bad_setting import bad_setting

SHORTEST_SECRET = 32
HOW_TO_MAKE_ONE = "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'`"


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
            except (OSError, UnicodeDecodeError) as error:
                raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error}.") from error
        if value:
            return value
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set. See the table of settings in docs/operations.md.")
        return default

    def line(self, name: str, default: str) -> str:
        """A text without line ends, tabs and the like: it may go into a header."""
        value = self.text(name, default)
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise bad_setting(name, "holds a line end or another control character", "a text on one line")
        return value

    def words(self, name: str) -> list[str]:
        return [word for word in re.split(r"[,\s]+", self.text(name, "")) if word]

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        return service_urls.networks(name, self.words(name))

    def proxies(self, name: str) -> list[IPv4Network | IPv6Network]:
        return service_urls.proxies(name, self.words(name))

    def hosts(self, name: str) -> list[str]:
        return service_urls.hosts(name, self.words(name))

    def secret(self, name: str, default: str | None = None) -> str:
        return _secret(name, self.text(name, default))

    def secrets(self, name: str) -> list[str]:
        return [_secret(name, word) for word in self.words(name)]

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, "").lower()
        if value in ("", "default"):
            return default
        if value in ("1", "true", "yes", "on"):
            return True
        if value in ("0", "false", "no", "off"):
            return False
        raise bad_setting(name, f"is {value!r} and takes true or false", "true")

    def number(self, name: str, default: float, least: float = 0, most: float = 1_000_000) -> float:
        value = self.line(name, "")
        try:
            number = float(value) if value else default
        except ValueError as error:
            raise bad_setting(name, f"is {value!r} and takes a number", f"{default:g}") from error
        if not least <= number <= most:  # and what compares with nothing, such as nan
            raise bad_setting(name, f"is {value} and takes a number from {least:g} to {most:,.0f}", f"{default:g}")
        return number

    def rates(self, name: str) -> dict[str, float]:
        return mail_values.rates(name, self.words(name))

    def signup_limits(self, name: str) -> str:
        return mail_values.signup_limits(name, self.line(name, ""))

    def sender(self, name: str, default: str) -> str:
        value = self.line(name, "")
        return mail_values.sender(name, value) if value else default

    def domain(self, name: str) -> str:
        return mail_values.domain(name, self.line(name, ""))

    def contact(self, name: str) -> str:
        return mail_values.contact(name, self.line(name, ""))

    def webhook_secret(self, name: str) -> str:
        return mail_values.webhook_secret(name, self.line(name, ""))

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
            known = ", ".join(choice for choice in choices if choice)
            raise bad_setting(name, f"is {value!r} and takes one of {known}", choices[-1])
        return value

    def url(self, name: str, schemes: tuple[str, ...], default: str, example: str) -> str:
        value = self.line(name, default)
        if value and not service_urls.split(name, value, schemes, example).hostname:
            raise bad_setting(name, "names no host", example)
        return value

    def site(self, name: str, default: str) -> str:
        return service_urls.site(name, self.line(name, default))

    def registry(self, name: str) -> str:
        return service_urls.registry(name, self.line(name, service_urls.REGISTRY))

    def redis(self, name: str, default: str) -> str:
        return service_urls.redis(name, self.line(name, default))

    def database(self, name: str) -> dict[str, Any] | None:
        value = self.line(name, "")
        return service_urls.database(name, value) if value else None

    def mail(self, name: str) -> dict[str, Any]:
        return service_urls.mail(name, self.line(name, "smtp://127.0.0.1:25"))


def _secret(name: str, value: str) -> str:
    if len(value) < SHORTEST_SECRET or "insecure" in value:
        what = f"must be a random text of at least {SHORTEST_SECRET} characters that nobody else knows"
        raise bad_setting(name, what, f"the one that {HOW_TO_MAKE_ONE} prints")
    return value
