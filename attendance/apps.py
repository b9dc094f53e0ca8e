from django.apps import AppConfig

from accounts.roles import Capability


class AttendanceConfig(AppConfig):
    name = "attendance"
    office = "attendance.office.contribution.CONTRIBUTION"
    reading = Capability.READ_ATTENDANCE
    writing = Capability.MANAGE_ATTENDANCE
