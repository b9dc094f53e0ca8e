from django.apps import AppConfig


class SecurityConfig(AppConfig):
    name = "security"
    verbose_name = "Security personnel"

    def ready(self) -> None:
        from people.kinds import add_kind
        from people.models import Import
        from security.serializers import SecuritySerializer

        add_kind(Import.Kind.SECURITY, SecuritySerializer)
