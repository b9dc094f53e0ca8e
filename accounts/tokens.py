"""Access and refresh tokens, of which the database holds digests only (contract section 3).

A sign-in begins a family: one refresh token is good at a time, and each use of it gives the next.
One that is used twice was copied: the family ends, for the thief and for the owner, who is told.
Access tokens end with their family.
"""

from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import PermissionDenied
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.settings import api_settings as jwt_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.mail import tell_by_mail
from accounts.models import TokenFamily, User
from core.errors import DomainError

FAMILY = "family"
SECOND_FACTOR_REQUIRED = _("Switch two steps on in the office first (Two steps).")
USER_ID = jwt_settings.USER_ID_CLAIM


class TokenNotValid(DomainError):
    """It has expired, was used or ended, or its user is gone, inactive or has a new password."""

    status_code = HTTPStatus.UNAUTHORIZED
    code = "token_not_valid"
    message = _("Token is invalid or expired")


def issue_tokens(*, user: User) -> dict[str, str]:
    """A first `{access, refresh}` pair; counts as a login."""
    update_last_login(User, user)
    family = TokenFamily(user=user)
    pair = _next_pair(family)
    family.save(force_insert=True)
    return pair


def renew(*, refresh: str) -> dict[str, str]:
    """The next pair of the family; this refresh token never works again.

    Raises TokenNotValid, and ends the family if the token was used before; simplejwt's TokenError
    if it is none of ours or has expired.
    """
    token = _read(refresh)
    with transaction.atomic():
        family = _locked(token)
        is_good = family.current == _digest(token) and _is_owners(token, family.user)
        if is_good:
            pair = _next_pair(family)
            family.save(update_fields=["current", "expires_at"])
        elif family.current != _digest(token):
            family.end(was_copied=True)
            tell_by_mail(family.user)
    # Raised after the commit: inside, the family would live on.
    if not is_good:
        raise TokenNotValid
    return pair


def end_family(*, refresh: str) -> None:
    """Log out. Raises TokenNotValid or TokenError."""
    token = _read(refresh)
    with transaction.atomic():
        _locked(token).end(was_copied=False)


def _read(refresh: str) -> Token:
    token: Any = refresh  # which simplejwt's types call a token already
    return RefreshToken(token)


def _locked(token: Token) -> TokenFamily:
    """Two uses of one token at once take turns, so that the second finds the first."""
    alive = TokenFamily.objects.select_related("user").filter(ended_at=None)
    family = alive.filter(pk=token.get(FAMILY)).select_for_update(of=("self",)).first()
    if family is None:
        raise TokenNotValid
    return family


def _next_pair(family: TokenFamily) -> dict[str, str]:
    token: Any = RefreshToken.for_user(family.user)
    token[FAMILY] = str(family.pk)
    family.current = _digest(token)
    family.expires_at = datetime.fromtimestamp(token["exp"], tz=timezone.get_current_timezone())
    return {"access": str(token.access_token), "refresh": str(token)}


def _digest(token: Token) -> str:
    """Of its unique name, which is nothing without the signature."""
    return sha256(str(token["jti"]).encode()).hexdigest()


class FamilyAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`, of a family that has not ended; one query."""

    def get_user(self, validated_token: Token) -> Any:
        alive = TokenFamily.objects.filter(user=OuterRef("pk"), ended_at=None)
        users = User.objects.filter(Exists(alive.filter(pk=validated_token.get(FAMILY))))
        user = users.filter(pk=validated_token.get(USER_ID)).first()
        if user is None or not _is_owners(validated_token, user):
            raise InvalidToken(str(TokenNotValid.message))
        if user.lacks_second_factor:
            raise PermissionDenied(SECOND_FACTOR_REQUIRED, "second_factor_required")
        return user


def _is_owners(token: Token, user: User) -> bool:
    """Whether it was made for this user, under the present password, and the user is active."""
    made_under = token.get(jwt_settings.REVOKE_TOKEN_CLAIM)
    is_theirs = str(user.pk) == token.get(USER_ID)
    return is_theirs and user.is_active and made_under == get_md5_hash_password(user.password)


class FamilyScheme(OpenApiAuthenticationExtension):
    """How the schema tells of it."""

    target_class = FamilyAuthentication
    name = "jwtAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
