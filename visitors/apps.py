from django.apps import AppConfig

from accounts.roles import Capability
from visitors.kind import VISITOR


class VisitorsConfig(AppConfig):
    name = "visitors"
    person_kind = VISITOR
    reading = Capability.READ_PEOPLE
    writing = Capability.MANAGE_PEOPLE
