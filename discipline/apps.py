from django.apps import AppConfig

from accounts.roles import Capability


class DisciplineConfig(AppConfig):
    name = "discipline"
    office = "discipline.office.contribution.CONTRIBUTION"
    reading = writing = Capability.MANAGE_DISCIPLINE
