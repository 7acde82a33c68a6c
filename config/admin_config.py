from django.contrib.admin.apps import AdminConfig


class SafeAdminConfig(AdminConfig):
    default = False
    default_site = "config.admin_site.Site"
