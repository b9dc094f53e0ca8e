from django.apps import AppConfig

from accounts.roles import Capability


class PresenceConfig(AppConfig):
    name = "presence"
    office = "presence.office.contribution.CONTRIBUTION"
    reading = Capability.READ_ATTENDANCE
    writing = Capability.MANAGE_ATTENDANCE
