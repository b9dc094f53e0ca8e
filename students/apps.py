from django.apps import AppConfig

from accounts.roles import Capability
from students.kind import STUDENT


class StudentsConfig(AppConfig):
    name = "students"
    person_kind = STUDENT
    office = "students.office.CONTRIBUTION"
    reading = Capability.READ_PEOPLE
    writing = Capability.MANAGE_PEOPLE
