from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notices")
    office = "notifications.contribution.CONTRIBUTION"
    setting_rules = ("notifications.channels.gateway_faults",)
    # What of the outbox wakes us (outbox.dispatch).
    event_handlers = {
        "day_changed": "notifications.services.tell_of_changed_days",
        "day_closed": "notifications.services.tell_of_closed_days",
        "incident": "notifications.services.tell_of_incidents",
    }

    def ready(self) -> None:
        from attendance.hooks import count_told
        from notifications import checks  # noqa: F401  (registers the system checks)
        from notifications.finding import students_by_guardian
        from notifications.imports import GUARDIANS, GuardiansBeside
        from notifications.services import count_sent
        from people.imported_lists import know_list
        from people.imports import bring_beside
        from people.search import also_find

        count_told(count_sent)
        also_find(students_by_guardian)
        bring_beside(GuardiansBeside())
        know_list(GUARDIANS)
