from django.apps import AppConfig

from accounts.roles import Capability


class PeopleConfig(AppConfig):
    name = "people"
    reading = writing = Capability.MANAGE_PEOPLE  # their imports
