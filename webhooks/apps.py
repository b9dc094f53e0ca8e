from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Webhooks")
    office = "webhooks.office.contribution.CONTRIBUTION"

    def ready(self) -> None:
        from webhooks import checks  # noqa: F401  (registers the system checks)
