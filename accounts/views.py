"""Tokens and administrators over REST (contract sections 3 and 7)."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from accounts.models import User
from accounts.permissions import IsReadOnly, IsSelf, MayAdminister
from accounts.serializers import (
    AdministratorSerializer,
    BlacklistSerializer,
    CredentialsSerializer,
    LoginSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    TokensSerializer,
)
from accounts.services import (
    OtpInvalid,
    OtpRequired,
    WrongCredentials,
    change_administrator,
    lock_administrators,
    reset_second_factor_of,
    sign_in,
)
from accounts.tokens import TokenNotValid, end_family, issue_tokens, renew
from core.client_address import client_network
from core.history import ChangeSerializer, history_body, history_of
from core.schema import sends
from core.schema_components import ref
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet

# Beside what a view without authentication can answer.
WRONG_TOKEN: dict[int, Any] = {401: None}
WRONG_CREDENTIALS: dict[int, Any] = {401: None, 429: None}


def _sign_in(request: Request, credentials: Any) -> User:
    serializer = CredentialsSerializer(data=credentials)
    serializer.is_valid(raise_exception=True)
    address = client_network(request._request)
    try:
        return sign_in(**serializer.validated_data, address=address)
    except (WrongCredentials, OtpRequired, OtpInvalid) as error:
        # DRF adds the challenge that a 401 must carry (RFC 9110, 15.5.2) to its own exception only.
        raise AuthenticationFailed(error.message, error.code) from error


@contextmanager
def refusing_tokens() -> Iterator[None]:
    """A token that is not good is a 401 with the challenge that DRF adds (RFC 9110, 15.5.2)."""
    try:
        yield
    except (TokenError, TokenNotValid) as error:
        raise InvalidToken(str(error)) from error


@method_decorator(never_cache, name="dispatch")
class TokenView(StrictView, generics.GenericAPIView[Any]):
    """Anybody may try; no token or session is looked at."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    serializer_class: type[BaseSerializer[Any]] = CredentialsSerializer

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    def refresh_token(self, request: Request) -> str:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token: str = serializer.validated_data["refresh"]
        return token


class ObtainTokens(TokenView):
    @extend_schema(
        request=CredentialsSerializer, responses={200: TokensSerializer, **WRONG_CREDENTIALS}
    )
    def post(self, request: Request) -> Response:
        """Username and password for an access and a refresh token."""
        return Response(issue_tokens(user=_sign_in(request, request.data)))


class RefreshTokens(TokenView):
    serializer_class = RefreshSerializer

    @extend_schema(responses={200: TokensSerializer, **WRONG_TOKEN})
    def post(self, request: Request) -> Response:
        """A new pair for a refresh token, which is used up by this."""
        with refusing_tokens():
            return Response(renew(refresh=self.refresh_token(request)))


class BlacklistToken(TokenView):
    serializer_class = BlacklistSerializer

    @extend_schema(
        responses={200: OpenApiResponse(ref("schemas", "Empty"), "Logged out."), **WRONG_TOKEN}
    )
    def post(self, request: Request) -> Response:
        """Log out: the refresh token and the access tokens that came with it stop working."""
        with refusing_tokens():
            end_family(refresh=self.refresh_token(request))
        return Response({})


class Login(TokenView):
    """The monitor's login: credentials in the body, or by GET with HTTP Basic."""

    def get_authenticate_header(self, request: Request) -> str:
        if request.method == "GET":
            return 'Basic realm="TrackXpert", charset="UTF-8"'
        return super().get_authenticate_header(request)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """A browser that accepts HTML only is sent to the login page, not away with a 406."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        request=CredentialsSerializer, responses={200: LoginSerializer, **WRONG_CREDENTIALS}
    )
    def post(self, request: Request) -> Response:
        """Sign in: tokens, and the administrator that they are of."""
        return self._answer(_sign_in(request, request.data))

    @extend_schema(
        summary="Sign in by HTTP Basic",
        parameters=[sends("Location", 302)],
        responses={
            200: LoginSerializer,
            302: OpenApiResponse(description="To the login page."),
            **WRONG_CREDENTIALS,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The same by HTTP Basic; a browser without credentials is sent to the login page."""
        credentials = _basic_credentials(request.headers.get("Authorization", ""))
        if credentials is not None:
            return self._answer(_sign_in(request, credentials))
        if "text/html" in request.headers.get("Accept", ""):
            return HttpResponseRedirect(reverse("admin:login"))
        raise NotAuthenticated

    def _answer(self, user: User) -> Response:
        return Response({**issue_tokens(user=user), "admin": AdministratorSerializer(user).data})


def _basic_credentials(header: str) -> dict[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise AuthenticationFailed("The Basic credentials are malformed.") from error
    return {"username": username, "password": password}


class Register(StrictView, generics.GenericAPIView[User]):
    permission_classes = (MayAdminister,)
    serializer_class = RegistrationSerializer

    @extend_schema(responses={201: AdministratorSerializer})
    def post(self, request: Request) -> Response:
        """Make a new administrator."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        body = AdministratorSerializer(serializer.save()).data
        return Response(body, status=status.HTTP_201_CREATED)


class AdministratorViewSet(ConditionalModelViewSet[User]):
    """One administrator: the caller's own profile, or any for who administers the system."""

    permission_classes = (MayAdminister | (IsReadOnly & IsSelf),)
    queryset = User.objects.all()
    serializer_class = ProfileSerializer
    lookup_field = "admin_id"
    pagination_class = None

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        lock_administrators()  # before the row itself is: see there
        return super().update(request, *args, **kwargs)

    def perform_update(self, serializer: BaseSerializer[User]) -> User:
        assert serializer.instance is not None
        return change_administrator(user=serializer.instance, changes=serializer.validated_data)


class SecondFactorReset(StrictView):
    permission_classes = (MayAdminister,)

    @extend_schema(request=None, responses={204: None, 409: None})
    def post(self, request: Request, admin_id: UUID) -> Response:
        """Switch two steps off for another who has lost telephone and recovery codes.

        Their history says who did it. 409 for one's own, and where they are not on.
        """
        assert isinstance(request.user, User)
        reset_second_factor_of(user=get_object_or_404(User, pk=admin_id), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AdministratorHistory(StrictView, generics.GenericAPIView[User]):
    permission_classes = (MayAdminister,)
    queryset = User.objects.all()
    serializer_class = ChangeSerializer
    lookup_field = "admin_id"
    filter_backends = ()
    pagination_class = None

    @extend_schema(responses=ChangeSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Every change of this administrator, latest first."""
        return Response(history_body(history_of(self.get_object())))
