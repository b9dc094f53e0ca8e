from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from embedded.supervisor import StopSignals
from institution.watching import watch
from pos.mqtt.bridge import Bridge
from pos.mqtt.broker import BadBroker, broker_at


class Command(BaseCommand):
    help = (
        "Take taps from the MQTT broker that MQTT_URL names, until SIGTERM or Ctrl-C. Run one: the "
        "broker knows it by MQTT_CLIENT_ID and keeps for it what comes while it is down."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MQTT_URL:
            raise CommandError("MQTT_URL is not set: mqtt(s)://user:password@host:port")
        try:
            broker = broker_at(settings.MQTT_URL)
        except BadBroker as error:
            raise CommandError(f"MQTT_URL: {error}") from error
        with StopSignals() as signals:
            signals.defer()
            try:
                bridge = Bridge(
                    broker, client_id=settings.MQTT_CLIENT_ID, ca_file=settings.MQTT_CA_FILE
                )
            except OSError as error:
                raise CommandError(f"MQTT_CA_FILE: {error}") from error
            watch()
            bridge.run(is_stopped=lambda: signals.received)
