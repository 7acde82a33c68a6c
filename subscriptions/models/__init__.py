from subscriptions.models.mails import (
    BounceReport,
    DigestRun,
    Email,
    MailSwitch,
    MatchedRun,
    MatchedUpdate,
    Notification,
    ProviderEvent,
    ProviderPace,
)
from subscriptions.models.people import Confirmation, Subscriber, Subscription, Suppression

__all__ = [
    "BounceReport",
    "Confirmation",
    "DigestRun",
    "Email",
    "MailSwitch",
    "MatchedRun",
    "MatchedUpdate",
    "Notification",
    "ProviderEvent",
    "ProviderPace",
    "Subscriber",
    "Subscription",
    "Suppression",
]
