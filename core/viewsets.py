"""The viewset of every editable resource: entity tags and safe updates (contract section 4)."""

from hashlib import blake2b
from typing import Any, ClassVar, Generic, TypeVar

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from rest_framework import mixins, status, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.error_responses import PreconditionFailed
from core.locks import for_change
from core.replica import from_replica
from core.strict import StrictView

M = TypeVar("M", bound=models.Model)


def names_tag(header: str, etag: str) -> bool:
    """Whether an `If-Match` or `If-None-Match` header names this tag.

    A proxy that compresses marks our tags as weak; they still mean the same representation.
    """
    tags = parse_etags(header)
    return "*" in tags or etag in (tag.removeprefix("W/") for tag in tags)


def entity_tag(data: Any) -> str:
    """The `ETag` of an object that is shown like this."""
    return f'"{blake2b(JSONRenderer().render(data), digest_size=16).hexdigest()}"'


class ConditionalModelViewSet(
    StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[M], Generic[M]
):
    """List, create, read, change and delete, with an `ETag` on every single object.

    The tag is a digest of the representation, so it changes with anything that a client can see.
    An unsafe request holds the row's lock from the comparison of `If-Match` to its write: of two
    clients with the same tag exactly one succeeds, the other gets 412.
    """

    # Actions with an unsafe method that change nothing of the object itself.
    unlocked_actions: ClassVar[frozenset[str]] = frozenset()
    # Actions that compare entity tags though their address does not name the object.
    tagged_actions: ClassVar[frozenset[str]] = frozenset()

    def filter_queryset(self, queryset: QuerySet[M, Any]) -> QuerySet[M, Any]:
        if not self.detail:
            return super().filter_queryset(queryset)
        # A single object is named by its address; list filters do not apply to it.
        # OPTIONS looks at the object as if it were to be changed, and changes nothing.
        is_looking = self.request.method in SAFE_METHODS or self.action == "metadata"
        if is_looking or self.action in self.unlocked_actions:
            return queryset
        return for_change(queryset)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """People's data: kept by no shared cache, and asked for anew (with its tag) each time."""
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(final, private=True, no_cache=True)
        return final

    @from_replica
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    def representation(self, instance: M) -> tuple[Any, str]:
        """The object as this viewset shows it, and its entity tag."""
        data = self.get_serializer(instance).data
        return data, entity_tag(data)

    def respond(self, instance: M, *, status_code: int = status.HTTP_200_OK) -> Response:
        data, etag = self.representation(instance)
        return Response(data, status=status_code, headers={"ETag": etag})

    def check_precondition(self, instance: M) -> None:
        """Raise PreconditionFailed unless the client's `If-Match` names the present state."""
        expected = self.request.headers.get("If-Match")
        if expected is not None and not names_tag(expected, self.representation(instance)[1]):
            raise PreconditionFailed

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        self.before_shown(instance)
        data, etag = self.representation(instance)
        if names_tag(request.headers.get("If-None-Match", ""), etag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
        return Response(data, headers={"ETag": etag})

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        instance = self.perform_create(serializer)
        return self.respond(instance, status_code=status.HTTP_201_CREATED)

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        self.check_precondition(instance)
        serializer = self.get_serializer(
            instance, data=request.data, partial=kwargs.get("partial", False)
        )
        serializer.is_valid(raise_exception=True)
        return self.respond(self.perform_update(serializer))

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, partial=True, **kwargs)

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        self.check_precondition(instance)
        self.perform_destroy(instance)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def before_shown(self, instance: M) -> None:
        """Hook: one is about to be read at its own address."""

    # Hooks: where a subclass calls its service instead.

    def perform_create(self, serializer: BaseSerializer[M]) -> M:
        return serializer.save()

    def perform_update(self, serializer: BaseSerializer[M]) -> M:
        return serializer.save()

    def perform_destroy(self, instance: M) -> None:
        raise NotImplementedError
