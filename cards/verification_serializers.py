"""The seed's answers about a card that was scanned, one pair of shapes for each kind of people."""

from functools import cache
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from core.schema import ConstantField
from people.kinds import PersonKind, kinds
from people.serializers import facts_serializer


class RefusedSerializer(serializers.Serializer[Any]):
    """Of a card that is no good: nothing about whose it is."""

    card_active = ConstantField(False)


@cache
def verification_serializer(kind: PersonKind) -> Any:
    """Either `verified` with the holder, or not, and why not."""
    return PolymorphicProxySerializer(
        component_name=f"{kind.key.capitalize()}Verification",
        serializers=list(_shapes(kind)),
        resource_type_field_name=None,
    )


@cache
def card_verification_serializer() -> Any:
    """The same of a card whose kind only its code tells."""
    return PolymorphicProxySerializer(
        component_name="CardVerification",
        serializers=[shape for kind in kinds() for shape in _shapes(kind)],
        resource_type_field_name=None,
    )


@cache
def _shapes(kind: PersonKind) -> tuple[Any, Any]:
    title = kind.key.capitalize()
    flags: dict[str, Any] = {
        name: serializers.BooleanField(read_only=True) for name in ("has_card", "card_active")
    }
    holder = facts_serializer(kind, "Verified{}", kind.verify_keys, **flags)
    verified = {"verified": ConstantField(True), kind.key: holder()}
    refused = {
        "verified": ConstantField(False),
        "reason": serializers.CharField(help_text="The code with which a gate refuses the card."),
        "message": serializers.CharField(),
        kind.key: RefusedSerializer(),
    }
    return _shape(f"{title}Verified", verified), _shape(f"{title}NotVerified", refused)


def _shape(name: str, fields: dict[str, Any]) -> Any:
    common = {
        "success": ConstantField(True),
        "verified_at": serializers.DateTimeField(),
        "institution": serializers.CharField(),
    }
    return type(f"{name}Serializer", (serializers.Serializer,), {**common, **fields})


class NobodyFoundSerializer(serializers.Serializer[Any]):
    """There is nobody to speak of."""

    success = ConstantField(False)
    verified = ConstantField(False)
    message = serializers.CharField()
    detail = serializers.CharField()
    code = serializers.CharField()
