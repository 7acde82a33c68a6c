from subscriptions.admin import outbox, people, switch

__all__ = ["outbox", "people", "switch"]
