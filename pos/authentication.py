"""`Authorization: Device <key>`: a reader is no user, and its key opens two doors only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import Error, connection
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from attendance.day import Direction
from cards.number_formats import NumberFormat
from core.outages import outage_of
from pos.ledger import Source
from pos.models import Device

SCHEME = "Device"
# Plain SQL: the ORM takes longer to build this statement than the database to answer it.
# How many unknown cards in a row the reader has sent is read along: it costs no statement more.
FIND = """
    SELECT pos_id, activity_type, number_format, direction, location, is_active,
        debounce_seconds, is_muster, COALESCE(strays.count, 0), strays.opened_at
    FROM pos_device LEFT JOIN core_throttlewindow AS strays ON strays.key = 'strays:' || pos_id
    WHERE {column} = %s
"""
BY_KEY, BY_ID = FIND.format(column="key_digest"), FIND.format(column="pos_id")


@dataclass(frozen=True, slots=True)
class ReaderUser:
    """The reader that asks, where otherwise a user does."""

    pos_id: UUID
    activity_type: str
    number_format: str
    direction: str
    location: str
    is_active: bool
    debounce_seconds: int
    is_muster: bool
    strays: int = 0
    """Unknown cards in a row, since `strays_since`: `pos.strays`."""
    strays_since: datetime | None = None

    is_authenticated = True

    @property
    def pk(self) -> UUID:
        return self.pos_id

    @property
    def source(self) -> Source:
        """Of its taps."""
        is_one_way = self.direction != Device.Direction.BOTH
        return Source(
            activity=self.activity_type,
            number_format=NumberFormat(self.number_format),
            direction=Direction(self.direction) if is_one_way else Direction.EITHER,
            location=self.location,
            debounce_seconds=self.debounce_seconds,
            is_muster=self.is_muster,
            device=self.pos_id,
        )


class DeviceAuthentication(BaseAuthentication):
    """A key that was rolled or switched off is refused from that moment: nothing is cached."""

    def authenticate(self, request: Request) -> tuple[ReaderUser, None] | None:
        scheme, _, key = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME.lower().encode():
            return None
        return self.reader_of(key.decode("latin-1").strip()), None

    def reader_of(self, key: str) -> ReaderUser:
        """Raises AuthenticationFailed."""
        reader = _reader_with(Device.digest_of(key))
        if reader is None:
            raise AuthenticationFailed(_("This key belongs to no reader."), "invalid_key")
        if not reader.is_active:
            raise AuthenticationFailed(_("This reader is switched off."), "device_inactive")
        return reader

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def _reader_with(digest: str) -> ReaderUser | None:
    # A reader's first statement tells as well whether the kept connection is alive, so it goes
    # without the SELECT 1 that CONN_HEALTH_CHECKS would send before it.
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return _find(BY_KEY, digest)
    except Error as error:
        outage = outage_of(error)
        if outage is None or not outage.is_loss:
            raise
        connection.close()
        return _find(BY_KEY, digest)


def reader_known_as(pos_id: UUID) -> ReaderUser | None:
    """The reader of this id, for a door where somebody else has authenticated it."""
    return _find(BY_ID, pos_id)


def _find(statement: str, value: str | UUID) -> ReaderUser | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        row = cursor.fetchone()
    return ReaderUser(*row) if row else None


class DeviceScheme(OpenApiAuthenticationExtension):
    """How the schema tells of it."""

    target_class = DeviceAuthentication
    name = "deviceKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Device <key>`: the key that a reader got when it was registered.",
        }


class IsReader(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(cast("object", request.user), ReaderUser)


def reader_of(request: Request) -> ReaderUser:
    """The reader that asks; its view let nobody else in."""
    return cast("ReaderUser", request.user)
