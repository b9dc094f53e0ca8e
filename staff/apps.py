from django.apps import AppConfig

from staff.kind import STAFF


class StaffConfig(AppConfig):
    name = "staff"
    person_kind = STAFF
