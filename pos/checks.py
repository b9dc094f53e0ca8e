"""System checks of the settings of the MQTT bridge; `trackxpert.checks` has the numbers before."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from pos.mqtt.broker import BadBroker, broker_at


@register()
def broker_is_an_address(**kwargs: Any) -> list[CheckMessage]:
    if not settings.MQTT_URL:
        return []
    try:
        broker_at(settings.MQTT_URL)
    except BadBroker as error:
        hint = "Set MQTT_URL to mqtt(s)://user:password@host:port, with % escapes in the password."
        return [Error(f"MQTT_URL: {error}", hint=hint, id="trackxpert.E009")]
    return []


@register()
def authority_of_the_broker_is_a_file(**kwargs: Any) -> list[CheckMessage]:
    if not settings.MQTT_CA_FILE or Path(settings.MQTT_CA_FILE).is_file():
        return []
    hint = "It is the certificate of the authority that signed the broker's, in PEM."
    return [Error("MQTT_CA_FILE is no file.", hint=hint, id="trackxpert.E010")]
