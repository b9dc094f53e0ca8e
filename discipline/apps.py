from django.apps import AppConfig

from accounts.roles import Capability


class DisciplineConfig(AppConfig):
    name = "discipline"
    office = "discipline.office.contribution.CONTRIBUTION"
    reading = Capability.READ_DISCIPLINE
    writing = Capability.MANAGE_DISCIPLINE
