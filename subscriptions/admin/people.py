"""How many follow what. Addresses are masked: nobody needs to read them here."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern

from subscriptions import addresses
from subscriptions.admin import summary_mails
from subscriptions.admin.reading import ReadOnlyAdmin
from subscriptions.models import Subscriber, Subscription, Suppression


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin[Subscription]):
    list_display = ["id", "topic", "frequency", "scope", "confirmed_at", "ended_at", "ended_reason"]
    list_filter = ["frequency", "scope", "ended_reason"]
    list_select_related = ["trial__plain_summary", "condition", "explainer"]
    search_fields = ["topic_name", "trial__nct_id", "condition__name"]
    ordering = ["-id"]
    fields = ["reader", "topic", "trial", "condition", "explainer", "frequency", "scope", "confirmed_at", "ended_at", "ended_reason", "consent_version", "source"]  # fmt: skip  # noqa: E501
    readonly_fields = ["reader", "topic"]

    def get_urls(self) -> list[URLPattern]:
        return [*summary_mails.urls(self.admin_site), *super().get_urls()]

    @admin.display(description="what it follows")
    def topic(self, subscription: Subscription) -> str:
        """In words, whatever it is: a trial, a condition, a place, a site, a treatment, a search, a text."""
        return subscription.topic

    @admin.display(description="reader")
    def reader(self, subscription: Subscription) -> str:
        return addresses.masked(subscription.subscriber.email)


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin[Subscriber]):
    list_display = ["id", "address", "time_zone", "digest_hour", "paused_until", "created_at", "erased_at"]
    search_fields = ["key"]
    search_help_text = "The whole email address"
    ordering = ["-id"]
    fields = ["address", "time_zone", "digest_hour", "digest_weekday", "is_neutral", "paused_until", "created_at", "erased_at"]  # fmt: skip  # noqa: E501
    readonly_fields = ["address"]

    @admin.display(description="address")
    def address(self, subscriber: Subscriber) -> str:
        return addresses.masked(subscriber.email)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        """Found by the whole address only, through its key: the list cannot be fished in."""
        return (queryset.filter(key=addresses.key(search_term.strip())) if search_term else queryset), False


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin[Suppression]):
    list_display = ["id", "reason", "created_at"]
    list_filter = ["reason"]
    ordering = ["-id"]
    fields = ["reason", "created_at"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("subscriptions.delete_suppression")
