from django.apps import AppConfig

from security.kind import SECURITY


class SecurityConfig(AppConfig):
    name = "security"
    verbose_name = "Security personnel"
    person_kind = SECURITY
