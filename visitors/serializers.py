from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers

from people.serializers import PersonSerializer, PlausibleMomentField, UntilField
from staff.models import StaffMember
from visitors.models import ENDS_FIRST, Visitor


class VisitorSerializer(PersonSerializer[Visitor]):
    host = serializers.UUIDField(
        source="host_id", required=False, allow_null=True, help_text="A `staff_uuid`, or null."
    )
    expected_from = PlausibleMomentField(source="admitted_from")
    expected_until = UntilField(
        source="admitted_until", help_text="From then on no gate lets the visitor in."
    )

    class Meta:
        model = Visitor
        fields = (
            "visitor_uuid",
            "visitor_number",
            "full_name",
            "card_name",
            "company",
            "phone_number",
            "email",
            "diet_note",
            "terminal_pin",
            "host",
            "purpose",
            "expected_from",
            "expected_until",
            "is_active",
            "enrolled_on",
            "left_on",
            "admitted",
            "photo_url",
            "card",
            "created_at",
            "updated_at",
        )
        extra_kwargs = {"visitor_number": {"required": False, "allow_blank": True}}

    def validate_visitor_number(self, number: str) -> str:
        """In upper and lower case it is the same one."""
        if self.instance and number.upper() != self.instance.identifier.upper():
            raise serializers.ValidationError(_("The number of a visitor never changes."))
        return number

    def validate_host(self, host: UUID | None) -> UUID | None:
        if host is not None and host not in self.known_hosts:
            if not StaffMember.objects.filter(pk=host).exists():
                raise serializers.ValidationError(_("There is no such member of staff."))
            self.known_hosts.add(host)
        return host

    @cached_property
    def known_hosts(self) -> set[UUID]:
        """The same host is looked up once, whatever the number of their guests in a file."""
        return set()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        begins, ends = (
            attrs.get(name, getattr(self.instance, name, None))
            for name in ("admitted_from", "admitted_until")
        )
        if begins and ends and ends <= begins:
            raise serializers.ValidationError({"expected_until": [ENDS_FIRST]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Visitor:
        visitor = super().create(validated_data)
        if not visitor.identifier:  # the database has given one
            visitor.refresh_from_db(fields=["identifier"])
        return visitor
