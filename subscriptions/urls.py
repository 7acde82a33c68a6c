"""Pages about a person's mails, under /updates/."""

from django.urls import path

from subscriptions import views

app_name = "subscriptions"
urlpatterns = [
    path("", views.subscribe, name="subscribe"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("unsubscribe/<str:token>/one-click/", views.one_click, name="one-click"),
    path("manage/", views.manage_link, name="manage-link"),
    path("manage/<str:token>/", views.manage, name="manage"),
]
