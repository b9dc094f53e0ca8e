from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class OfficeConfig(AppConfig):
    """The frame of the registration office: its lists, forms, rooms and styles."""

    name = "office"
    office = "office.contribution.CONTRIBUTION"


class AdminSiteConfig(AdminConfig):
    """Django's admin, as our registration office."""

    default = False
    default_site = "office.site.RegistrationOffice"
