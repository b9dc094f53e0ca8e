from django.apps import AppConfig

from accounts.roles import Capability


class DisciplineConfig(AppConfig):
    name = "discipline"
    reading = writing = Capability.MANAGE_DISCIPLINE
