from django.apps import AppConfig

from accounts.roles import Capability


class PeopleConfig(AppConfig):
    name = "people"
    office = "people.office.contribution.CONTRIBUTION"
    reading = writing = Capability.MANAGE_PEOPLE  # their imports
