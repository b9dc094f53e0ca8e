from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = "Webhooks"
    office = "webhooks.office.contribution.CONTRIBUTION"

    def ready(self) -> None:
        from webhooks import checks  # noqa: F401  (registers the system checks)
