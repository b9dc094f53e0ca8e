from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from security.kind import SECURITY


class SecurityConfig(AppConfig):
    name = "security"
    verbose_name = _("Security personnel")
    person_kind = SECURITY
    reading = Capability.READ_PEOPLE
    writing = Capability.MANAGE_PEOPLE
