from subscriptions.admin import outbox, people

__all__ = ["outbox", "people"]
