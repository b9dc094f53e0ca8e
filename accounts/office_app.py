from django.contrib.admin.apps import AdminConfig


class OfficeConfig(AdminConfig):
    """Django's admin, as our registration office."""

    default_site = "accounts.office.site.RegistrationOffice"
