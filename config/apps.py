from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "config"
    verbose_name = "Site"

    def ready(self) -> None:
        from config import (
            celery,  # noqa: F401  makes the Celery app the one that tasks bind to
            error_reports,
        )

        error_reports.start()
