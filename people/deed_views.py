"""`/api/changes/`: what was done to many people or cards at once, and taking it back."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import ChangesAccess, MayManagePeople
from core.filters import DEFAULT_FILTERS, BooleanFilter, DayOrMomentFilter
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet
from people.deed_models import Deed
from people.deed_serializers import DeedSerializer, DeedWithRowsSerializer, MovedOnSerializer
from people.kinds import kind_choices
from people.looking import note_look_at_many
from people.models import Look
from people.undoing import MovedOn, undo_deed


class DeedFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=kind_choices)
    made_by = filters.CharFilter(field_name="made_by__username")
    is_undone = BooleanFilter(field_name="undone_at", lookup_expr="isnull", exclude=True)
    to = DayOrMomentFilter(moment="made_at", is_end=True)

    class Meta:
        model = Deed
        fields = ("what", "kind")


# `from` is no name that a class body can assign.
DeedFilter.base_filters["from"] = DayOrMomentFilter(moment="made_at", is_end=False)


class DeedViewSet(ConditionalModelViewSet[Deed]):
    """Imports, uploads of photos, and changes of many people or cards, the latest first."""

    permission_classes = (ChangesAccess,)
    queryset = Deed.objects.select_related("made_by", "undone_by")
    filter_backends = DEFAULT_FILTERS
    filterset_class = DeedFilter
    ordering_fields = ("made_at",)
    lookup_field = "change_id"

    def get_serializer_class(self) -> type[DeedSerializer]:
        return DeedWithRowsSerializer if self.action == "retrieve" else DeedSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read a change: what was done to each person or card, field by field."""
        return super().retrieve(request, *args, **kwargs)

    def before_shown(self, instance: Deed) -> None:
        held = list(instance.rows.order_by().values_list("person", flat=True).distinct())
        note_look_at_many(self.request, Look.What.REPORT, held=held)


class UndoDeed(StrictView, GenericAPIView[Deed]):
    permission_classes = (MayManagePeople,)
    queryset = DeedViewSet.queryset
    serializer_class = DeedSerializer
    lookup_field = "change_id"

    @extend_schema(request=None, responses={200: DeedSerializer, 409: MovedOnSerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a change back, exactly or not at all.

        409 `moved_on` names the `rows` that somebody has worked on since; 409 `already_undone`, and
        `too_late` after a day.
        """
        assert isinstance(request.user, User)
        try:
            undone = undo_deed(deed=self.get_object(), by=request.user)
        except MovedOn as refusal:
            return Response(refusal.body, status=status.HTTP_409_CONFLICT)
        return Response(DeedSerializer(undone).data)
