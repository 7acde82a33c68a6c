from tests.subscriptions.conftest import _fresh_letters, sink, woken, work

__all__ = ["_fresh_letters", "sink", "woken", "work"]
