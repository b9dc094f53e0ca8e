from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"
    office = "privacy.office.CONTRIBUTION"

    def ready(self) -> None:
        from privacy import checks  # noqa: F401  (registers the system checks)
