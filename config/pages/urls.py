"""The site's own pages, and the addresses that machines ask for."""

from django.conf import settings
from django.urls import path

from config.pages import demo_mail, machines, own, sitemap

app_name = "pages"
urlpatterns = [
    path("terms/", own.terms, name="terms"),
    path("terms/<slug:version>/", own.terms, name="terms-version"),
    *(path(f"{name}/", own.page, {"name": name}, name=name) for name in own.PAGES if name != "terms"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("robots.txt", machines.robots, name="robots"),
    path(".well-known/security.txt", machines.security, name="security"),
    path("health/live", machines.live, name="live"),
    path("health/ready", machines.ready, name="ready"),
    path("metrics", machines.metrics, name="metrics"),
]
if settings.DEMO or settings.DEBUG:
    urlpatterns += [
        path("demo/mail/", demo_mail.inbox, name="demo-mail"),
        path("demo/mail/<slug:key>/", demo_mail.letter, name="demo-letter"),
        path("demo/mail/<slug:key>/html/", demo_mail.letter_html, name="demo-letter-html"),
        path("styleguide/", own.styleguide, name="styleguide"),
    ]
