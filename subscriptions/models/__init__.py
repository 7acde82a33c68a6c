from subscriptions.models.mails import DigestRun, Email, MailSwitch, MatchedRun, Notification
from subscriptions.models.people import Confirmation, Subscriber, Subscription, Suppression

__all__ = [
    "Confirmation",
    "DigestRun",
    "Email",
    "MailSwitch",
    "MatchedRun",
    "Notification",
    "Subscriber",
    "Subscription",
    "Suppression",
]
