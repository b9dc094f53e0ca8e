"""`mapped` by MQTT: each reader publishes at the topic that its table names."""

from contextlib import suppress
from datetime import datetime

from core.parsers import NotJSON
from doors.door import Terminal
from doors.mapped import message_in, take_mapped
from doors.messages import keep_message
from pos.authentication import reader_known_as
from pos.mapping import NoTap
from pos.models import Device, Protocol
from pos.mqtt.other_topics import OtherTopics
from pos.protocol import BadTap


def topics() -> frozenset[str]:
    readers = Device.objects.filter(protocol=Protocol.MAPPED, is_active=True)
    named = readers.exclude(mapping__topic=None).values_list("mapping__topic", flat=True)
    return frozenset(topic for topic in named if topic)


def take_published(topic: str, payload: bytes, received_at: datetime) -> None:
    """Several readers may share a topic, told apart by their filters."""
    for device in Device.objects.filter(
        protocol=Protocol.MAPPED, is_active=True, mapping__topic=topic
    ):
        reader = reader_known_as(device.pk)
        if reader is None:
            continue
        terminal = Terminal(device, reader)
        try:
            said = message_in(payload)
        except NotJSON as error:
            keep_message(
                terminal,
                what="message",
                said=payload.decode(errors="replace"),
                answered=str(error),
                received_at=received_at,
            )
            continue
        with suppress(NoTap, BadTap):
            take_mapped(terminal, said, received_at=received_at)


MAPPED_TOPICS = OtherTopics(topics, take_published)
