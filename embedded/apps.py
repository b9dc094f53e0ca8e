from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "embedded"

    def ready(self) -> None:
        from embedded import checks  # noqa: F401  (registers the system check)
