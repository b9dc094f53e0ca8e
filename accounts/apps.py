from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Administrators"

    def ready(self) -> None:
        from accounts import schema  # noqa: F401  (drf-spectacular knows what was imported)
