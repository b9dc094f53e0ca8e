from django.apps import AppConfig

from students.kind import STUDENT


class StudentsConfig(AppConfig):
    name = "students"
    person_kind = STUDENT
