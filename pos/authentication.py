"""`Authorization: Device <key>`: a reader is no user, and its key opens two doors only."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from pos.keys import digest_of
from pos.models import Device

SCHEME = "Device"
FIELDS = ("pos_id", "activity_type", "number_format", "direction", "location", "is_active")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, where otherwise a user does."""

    pos_id: UUID
    activity_type: str
    number_format: str
    direction: str
    location: str
    is_active: bool

    is_authenticated = True

    @property
    def pk(self) -> UUID:
        return self.pos_id


class DeviceAuthentication(BaseAuthentication):
    """A key that was rolled or switched off is refused from that moment: nothing is cached."""

    def authenticate(self, request: Request) -> tuple[Reader, None] | None:
        scheme, _, key = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME.lower().encode():
            return None
        found = Device.objects.filter(key_digest=digest_of(key.decode("latin-1").strip()))
        row = found.values_list(*FIELDS).first()
        if row is None:
            raise AuthenticationFailed("This key belongs to no reader.", "invalid_key")
        reader = Reader(*row)
        if not reader.is_active:
            raise AuthenticationFailed("This reader is switched off.", "device_inactive")
        return reader, None

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


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
        return isinstance(cast("object", request.user), Reader)


def reader_of(request: Request) -> Reader:
    """The reader that asks; its view let nobody else in."""
    return cast("Reader", request.user)
