"""The mail server and the workers of the subscriptions' tests."""

from tests.subscriptions.conftest import sink, work

__all__ = ["sink", "work"]
