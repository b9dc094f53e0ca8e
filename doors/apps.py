from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DoorsConfig(AppConfig):
    name = "doors"
    verbose_name = _("Terminals of other makers")
    office = "doors.office.contribution.CONTRIBUTION"

    def ready(self) -> None:
        from doors.mapped_mqtt import MAPPED_TOPICS
        from pos.mqtt.other_topics import listen_to

        listen_to(MAPPED_TOPICS)
