"""How the start says that a setting is wrong: its name, what is wrong, an example. Never the value of a secret."""

from django.core.exceptions import ImproperlyConfigured


def bad_setting(name: str, what: str, example: str) -> ImproperlyConfigured:
    """`SITE_URL has a path; write it like https://trials.example.org.`"""
    return ImproperlyConfigured(f"{name} {what}; write it like {example}.")
