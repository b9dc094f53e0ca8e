"""What drf-spectacular cannot see of serializers that show each role its own fields."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiSerializerExtension

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema


class FieldsByRoleExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A field that some role does not see is no required one of an answer."""

    target_class = "accounts.fields.FieldsByRole"
    match_subclasses = True

    def map_serializer(self, auto_schema: "AutoSchema", direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # noqa: SLF001
            self.target, direction, bypass_extensions=True
        )
        if direction == "response" and "required" in schema:
            may_be_absent = self.target.may_be_absent
            schema["required"] = [name for name in schema["required"] if name not in may_be_absent]
        return schema
