"""Pages about a person's mails, under /updates/."""

from django.urls import path

from subscriptions.views import mails, provider, settings, signup

app_name = "subscriptions"
urlpatterns = [
    path("", signup.subscribe, name="subscribe"),
    path("confirm/<str:token>/", signup.confirm, name="confirm"),
    path("unsubscribe/<str:token>/", signup.unsubscribe, name="unsubscribe"),
    path("unsubscribe/<str:token>/one-click/", signup.one_click, name="one-click"),
    path("mail/<str:token>/", mails.mail, name="mail"),
    path("manage/", signup.manage_link, name="manage-link"),
    path("manage/<str:token>/", settings.manage, name="manage"),
    path("webhooks/<slug:provider>/", provider.webhook, name="webhook"),
    path("settings/", settings.own_settings, name="settings"),
    path("settings/export/", settings.export, name="export"),
]
