"""Administrators over REST: sign-in, registration, profile."""

from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import MOST_CLASSES, User, class_codes
from accounts.roles import Role
from accounts.services import register_administrator
from core.history import latest_actions

LAST_ACTIONS = 20


class ClassesField(serializers.ListField):
    """Class codes; upper and lower case are the same."""

    child = serializers.CharField(max_length=50)

    def __init__(self, **options: Any) -> None:
        words = "Of a class teacher: the classes whose people they see."
        super().__init__(**{"max_length": MOST_CLASSES, "help_text": words, **options})

    def to_internal_value(self, data: Any) -> list[str]:
        return class_codes(super().to_internal_value(data))


class AdministratorSerializer(serializers.ModelSerializer[User]):
    classes = ClassesField(required=False)
    second_factor = serializers.BooleanField(
        source="has_second_factor", read_only=True, help_text="Whether two steps are on."
    )

    class Meta:
        model = User
        fields: tuple[str, ...] = (
            "admin_id",
            "username",
            "full_name",
            "email",
            "role",
            "classes",
            "is_active",
            "second_factor",
            "last_login",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("username", "last_login")


class ActionSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    method = serializers.CharField()
    path = serializers.CharField()


class ProfileSerializer(AdministratorSerializer):
    """An administrator with the latest requests that changed something."""

    last_actions = serializers.SerializerMethodField()

    class Meta(AdministratorSerializer.Meta):
        fields = (*AdministratorSerializer.Meta.fields, "last_actions")

    @extend_schema_field(ActionSerializer(many=True))
    def get_last_actions(self, user: User) -> Any:
        return ActionSerializer(latest_actions(user, LAST_ACTIONS), many=True).data


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=4096, trim_whitespace=False, style={"input_type": "password"}
    )
    otp = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="Of whoever has switched two steps on: a code of the telephone, or a recovery "
        "code. Without it the answer is 401 `otp_required`, after a right password.",
    )


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)


class LoginSerializer(TokensSerializer):
    admin = AdministratorSerializer(read_only=True)


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token for a new pair; the old one never works again."""

    refresh = serializers.CharField()
    access = serializers.CharField(read_only=True)


class BlacklistSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(write_only=True)


class UsernameField(serializers.CharField):
    """In the spelling that is stored, so that its length and characters are the ones checked."""

    def to_internal_value(self, data: Any) -> str:
        return User.normalize_username(super().to_internal_value(data))


class RegistrationSerializer(serializers.ModelSerializer[User]):
    # Declared, so that a taken name is the service's 409 and not a validator's 400.
    username = UsernameField(max_length=150, validators=[UnicodeUsernameValidator()])
    password = serializers.CharField(
        max_length=4096,
        write_only=True,
        trim_whitespace=False,
        style={"input_type": "password"},
    )
    role = serializers.ChoiceField(Role.choices)
    classes = ClassesField(required=False)

    class Meta:
        model = User
        fields = ("username", "password", "role", "classes", "full_name", "email")

    def create(self, validated_data: dict[str, Any]) -> User:
        try:
            return register_administrator(**validated_data)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
