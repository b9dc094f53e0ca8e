from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "doors"
    verbose_name = "Terminals of other makers"
    office = "doors.office.contribution.CONTRIBUTION"
