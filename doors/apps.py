from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "doors"
    verbose_name = "Terminals of other makers"
    office = "doors.office.contribution.CONTRIBUTION"

    def ready(self) -> None:
        from doors.mapped_mqtt import MAPPED_TOPICS
        from pos.mqtt.other_topics import listen_to

        listen_to(MAPPED_TOPICS)
