from django.apps import AppConfig


class PosConfig(AppConfig):
    name = "pos"
    verbose_name = "Readers"
    office = "pos.office.contribution.CONTRIBUTION"

    def ready(self) -> None:
        from pos import checks  # noqa: F401  (registers the system checks)
