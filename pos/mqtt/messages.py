"""One message of a reader, and what it is answered. Knows nothing of connections."""

import json
import logging
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from attendance.day import Direction
from core.error_responses import error_body
from core.errors import InvalidFields
from core.outages import Outage, outage_of
from core.parsers import NotJSON, parse_json
from pos.authentication import ReaderUser, reader_known_as
from pos.ignored import names_left_out
from pos.ledger import record_items
from pos.mqtt.other_topics import take_from_others
from pos.protocol import (
    BATCH_FIELDS,
    MAX_BEHIND_LIVE,
    BadTap,
    IncomingTap,
    addresses_at,
    batch_body,
    read_tap,
    result_body,
    taps_in,
)
from pos.strays import note_strays

logger = logging.getLogger(__name__)

TAP, ANSWER = "trackxpert/{pos_id}/tap", "trackxpert/{pos_id}/answer"
TAPS = TAP.format(pos_id="+")
NO_IDENTITY = "By MQTT the same message can come twice: give it an event_id, or tapped_at."


class DatabaseIsOut(Exception):
    """Neither a mistake of the message nor one of ours."""

    def __init__(self, outage: Outage) -> None:
        self.outage = outage
        super().__init__(outage.cause)


class Refused(Exception):
    """The message as a whole is answered with an error, and nothing of it is recorded."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        super().__init__(body)


def pos_id_in(topic: str) -> str:
    return topic.split("/")[1]


def tap_topic(pos_id: UUID) -> str:
    return TAP.format(pos_id=pos_id)


def answer_topic(topic: str) -> str:
    return ANSWER.format(pos_id=pos_id_in(topic))


def is_ours(topic: str) -> bool:
    return topic.startswith("trackxpert/")


def take_other(topic: str, payload: bytes, *, received_at: datetime) -> None:
    """A message of a reader that speaks its maker's way. Raises DatabaseIsOut, as `answer_to`."""
    try:
        if len(payload) <= settings.MAX_BODY_BYTES:
            take_from_others(topic, payload, received_at)
    except Exception as error:
        if outage := outage_of(error):
            raise DatabaseIsOut(outage) from error
        logger.exception("%s could not be recorded.", topic)


def answer_to(topic: str, payload: bytes, *, received_at: datetime) -> bytes:
    """The JSON for `answer_topic(topic)`; what was recorded for it is committed.

    Raises DatabaseIsOut: nothing was recorded then, and it may be repeated.
    """
    try:
        body = _answer(pos_id_in(topic), payload, received_at)
    except Refused as refusal:
        body = refusal.body
    except Exception as error:
        if outage := outage_of(error):
            raise DatabaseIsOut(outage) from error
        # Kept unanswered, it would come again for ever. The reader keeps what it has no answer of
        # its event to.
        logger.exception("%s could not be answered.", topic)
        body = error_body(500, "Something went wrong on our side.", "server_error")
    return json.dumps(body, ensure_ascii=False).encode()


def _answer(pos_id: str, payload: bytes, received_at: datetime) -> dict[str, Any]:
    reader = _reader(pos_id)
    said = _parsed(payload)
    is_batch = isinstance(said, dict) and "taps" in said
    try:
        items = taps_in(said) if is_batch else [said]
    except InvalidFields as error:
        raise Refused(error.fields) from error
    ignored = names_left_out(said, BATCH_FIELDS) if is_batch else ()
    results = record_items(
        source=reader.source, items=items, received_at=received_at, read=_read, ignored=ignored
    )
    note_strays(reader, results)
    address = addresses_at(settings.PUBLIC_URL)
    if is_batch:
        return batch_body(results, address, ignored)
    return result_body(results[0], address)


def _reader(pos_id: str) -> ReaderUser:
    """The broker says who it is; whether it may still speak is said here, at each message."""
    try:
        reader = reader_known_as(UUID(pos_id))
    except ValueError:
        reader = None
    if reader is None:
        raise Refused(error_body(401, "There is no reader of this pos_id.", "unknown_reader"))
    if not reader.is_active:
        raise Refused(error_body(401, "This reader is switched off.", "device_inactive"))
    return reader


def _parsed(payload: bytes) -> Any:
    if len(payload) > settings.MAX_BODY_BYTES:
        raise Refused(error_body(413, "The message is too large.", "too_large"))
    try:
        return parse_json(payload, keeps_halves=True)
    except NotJSON as error:
        raise Refused(error_body(400, str(error), "parse_error")) from error


def _read(item: Any, *, received_at: datetime, direction: Direction) -> IncomingTap:
    """A message is delivered at least once, so a tap must be the same tap when it comes again.

    Over HTTP it is the reader that repeats, and knows of it; here broker and network do. They keep
    messages as well, for hours while we are away, and so a live tap that is old is one that has
    waited there: by HTTP its reader would have sent it as offline by now.
    """
    tap = read_tap(item, received_at=received_at, direction=direction)
    if item.get("event_id") is None and tap.tapped_at is None:
        raise BadTap({"event_id": [NO_IDENTITY]})
    has_waited = tap.tapped_at is not None and received_at - tap.tapped_at > MAX_BEHIND_LIVE
    return replace(tap, offline=True) if has_waited else tap
