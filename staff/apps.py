from django.apps import AppConfig

from accounts.roles import Capability
from staff.kind import STAFF


class StaffConfig(AppConfig):
    name = "staff"
    person_kind = STAFF
    reading = Capability.READ_PEOPLE
    writing = Capability.MANAGE_PEOPLE
