from django.apps import AppConfig


class TrackXpertConfig(AppConfig):
    name = "trackxpert"
    verbose_name = "TrackXpert"

    def ready(self) -> None:
        from trackxpert import checks  # noqa: F401  (registers the system checks)
