"""Rules of the day over REST, each with a preview of what it would do (contract section 9)."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import AttendanceAccess, MayManageAttendance
from attendance import changes
from attendance.changes import Applying, change_rules, preview_rules
from attendance.models import EVERYBODY, Absence, Holiday, RuleChange, Schedule
from attendance.open_days import Scope
from attendance.rule_serializers import (
    AbsenceSerializer,
    ApplyingSerializer,
    GeneralPolicySerializer,
    HolidaySerializer,
    PolicyChangeSerializer,
    PolicySerializer,
    PreviewSerializer,
    RuleChangeSerializer,
    ScheduleSerializer,
)
from attendance.rulebook import RulesChange
from attendance.schedules import (
    EverybodysPolicyStays,
    Policy,
    everybodys_policy,
    policy_of,
    write_policy,
)
from core.constraints import NON_FIELD, violations_as_field_errors
from core.filters import BooleanFilter, YearFilter
from core.previews import PREVIEW, asks_for_preview
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet, entity_tag
from people.kind_keys import KindKeysFilter
from people.kinds import kinds_with_days
from people.scope import seen_q

Write = Callable[[RulesChange], Any]


def _either(name: str, *serializers: Any) -> PolymorphicProxySerializer:
    return PolymorphicProxySerializer(
        component_name=name, serializers=list(serializers), resource_type_field_name=None
    )


class ChangesRules(ConditionalModelViewSet[Any]):
    """A write to rules: previewed, or done and the days judged by it."""

    permission_classes = (AttendanceAccess,)
    what: ClassVar[str]

    @property
    def is_preview(self) -> bool:
        return asks_for_preview(self.request)

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def changed(
        self,
        write: Write,
        *,
        scope: Scope,
        applying: Applying,
        what: str,
        status_code: int = status.HTTP_200_OK,
    ) -> Response:
        """The answer to a write; what it returns is shown, or nothing if it returns none."""
        if self.is_preview:
            preview = PreviewSerializer(preview_rules(write, scope=scope)).data
            # Of the preview, where a write would send that of the rule.
            is_tagged = self.action in {"update", "partial_update", "change"}
            return Response(preview, headers={"ETag": entity_tag(preview)} if is_tagged else None)
        instance, made = change_rules(
            write, what=what, scope=scope, by=self.user, applying=applying
        )
        if instance is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        instance.change_id = made and made.change_id
        if getattr(instance, "is_new", False):
            status_code = status.HTTP_201_CREATED
        return self.respond(instance, status_code=status_code)

    # --- create, change, delete -----------------------------------------------------------------

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said, applying = _apart(serializer.validated_data, self.keeps_reason)

        def write(change: RulesChange) -> Any:
            return self.write_new(change, said)

        return self.changed(
            write,
            scope=self.scope_of(said),
            applying=applying,
            what=f"{self.what} added",
            status_code=status.HTTP_201_CREATED,
        )

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        known = self.object_to_read()
        serializer = self.get_serializer(
            known, data=request.data, partial=kwargs.get("partial", False)
        )
        serializer.is_valid(raise_exception=True)
        said, applying = _apart(serializer.validated_data, self.keeps_reason)

        def write(change: RulesChange) -> Any:
            instance = self.get_object()
            if not self.is_preview:
                self.check_precondition(instance)
            return self.write_changed(change, instance, said)

        scope = self.scope_of_row(known) | self.scope_of({**_of_row(known), **said})
        return self.changed(write, scope=scope, applying=applying, what=f"{self.what} changed")

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = ApplyingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        _, applying = _apart(serializer.validated_data, False)
        known = self.object_to_read()

        def write(change: RulesChange) -> None:
            instance = self.get_object()
            if not self.is_preview:
                self.check_precondition(instance)
            self.write_gone(change, instance)

        return self.changed(
            write,
            scope=self.scope_of_row(known),
            applying=applying,
            what=f"{self.what} removed",
        )

    def object_to_read(self) -> Any:
        """The row as it is, which nobody waits for."""
        found = self.get_queryset().filter(**{self.lookup_field: self.kwargs[self.lookup_field]})
        known = found.first()
        if known is None:
            raise Http404
        return known

    # --- what subclasses write -------------------------------------------------------------------

    keeps_reason: ClassVar[bool] = False
    """`reason` is the row's own, and says as well why closed days are changed."""

    violated_keys: ClassVar[dict[str, str]] = {}
    """What the API calls what a constraint complains of."""

    def write_new(self, change: RulesChange, said: dict[str, Any]) -> Any:
        model = self.get_queryset().model
        with violations_as_field_errors(model, keys=self.violated_keys):
            return model.objects.create(**said)

    def write_changed(self, change: RulesChange, instance: Any, said: dict[str, Any]) -> Any:
        for name, value in said.items():
            setattr(instance, name, value)
        with violations_as_field_errors(type(instance), keys=self.violated_keys):
            instance.save()
        return instance

    def write_gone(self, change: RulesChange, instance: Any) -> None:
        instance.delete()

    def scope_of(self, said: dict[str, Any]) -> Scope:
        return Scope(said["first_day"], said["last_day"])

    def scope_of_row(self, row: Any) -> Scope:
        return self.scope_of(_of_row(row))


def _of_row(row: Any) -> dict[str, Any]:
    names = ("first_day", "last_day", "valid_from", "valid_to")
    return {name: getattr(row, name) for name in names if hasattr(row, name)}


def _apart(data: Any, keeps_reason: bool) -> tuple[dict[str, Any], Applying]:
    said = dict(data)
    to_closed = said.pop("apply_to_closed", False)
    reason = said.get("reason", "") if keeps_reason else said.pop("reason", "")
    return said, Applying(to_closed, reason)


def _described(noun: str, serializer: Any) -> Any:
    """What the schema says of a kind of rule."""
    name = serializer.__name__.removesuffix("Serializer")
    either = _either(f"{name}OrPreview", serializer, PreviewSerializer)
    preview = OpenApiResponse(PreviewSerializer, "With `?preview=true`.")
    return extend_schema_view(
        list=extend_schema(summary=f"List {noun}s"),
        retrieve=extend_schema(summary=f"Read one {noun}"),
        create=extend_schema(
            summary=f"Add one {noun}",
            parameters=[PREVIEW],
            responses={200: preview, 201: serializer},
        ),
        update=extend_schema(
            summary=f"Replace one {noun}", parameters=[PREVIEW], responses={200: either}
        ),
        partial_update=extend_schema(
            summary=f"Change one {noun}", parameters=[PREVIEW], responses={200: either}
        ),
        destroy=extend_schema(
            summary=f"Remove one {noun}",
            parameters=[PREVIEW],
            request=ApplyingSerializer,
            responses={200: preview, 204: None},
        ),
    )


class ScheduleFilter(filters.FilterSet):
    is_policy = BooleanFilter(field_name="policy_of", lookup_expr="isnull", exclude=True)


@_described("schedule", ScheduleSerializer)
class ScheduleViewSet(ChangesRules):
    """When people are expected; the most particular one that holds on a day applies."""

    queryset = Schedule.objects.all()
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilter
    lookup_field = "schedule_id"
    lookup_value_converter = "uuid"
    ordering_fields = ("name", "created_at")
    what = "Schedule"

    def scope_of(self, said: dict[str, Any]) -> Scope:
        return Scope(said.get("valid_from"), said.get("valid_to"))

    def write_gone(self, change: RulesChange, instance: Schedule) -> None:
        if instance.policy_of == EVERYBODY:
            raise EverybodysPolicyStays
        super().write_gone(change, instance)


class HolidayFilter(filters.FilterSet):
    date = filters.DateFilter(method="on")
    year = YearFilter(field_name="first_day__year")

    def on(self, rows: QuerySet[Any], name: str, day: Any) -> QuerySet[Any]:
        return rows.filter(first_day__lte=day, last_day__gte=day)


@_described("holiday", HolidaySerializer)
class HolidayViewSet(ChangesRules):
    """Days, or hours of them, on which nobody of the audience is expected."""

    queryset = Holiday.objects.all()
    serializer_class = HolidaySerializer
    filterset_class = HolidayFilter
    lookup_field = "holiday_id"
    lookup_value_converter = "uuid"
    ordering_fields = ("first_day", "name")
    what = "Holiday"
    violated_keys: ClassVar[dict[str, str]] = {NON_FIELD: "date"}


class AbsenceFilter(KindKeysFilter):
    """`?from=` and `?to=`: absences that touch these days."""

    kinds = kinds_with_days().values()
    date = filters.DateFilter(method="on")
    to = filters.DateFilter(field_name="first_day", lookup_expr="lte")

    def on(self, rows: QuerySet[Any], name: str, day: Any) -> QuerySet[Any]:
        return rows.filter(first_day__lte=day, last_day__gte=day)


AbsenceFilter.declared_filters["from"] = AbsenceFilter.base_filters["from"] = filters.DateFilter(
    field_name="last_day", lookup_expr="gte"
)


@_described("absence", AbsenceSerializer)
class AbsenceViewSet(ChangesRules):
    """Who is away with a reason, known before or said afterwards: Excused for what it covers."""

    queryset = Absence.objects.standing().select_related("person", "recorded_by")
    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter
    lookup_field = "absence_id"
    lookup_value_converter = "uuid"
    ordering_fields = ("first_day", "recorded_at")
    what = "Absence"
    keeps_reason = True

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(seen_q(self.request.user, "person__"))

    def write_new(self, change: RulesChange, said: dict[str, Any]) -> Any:
        absence = Absence(**said, recorded_by=self.user)
        change.add(absence)
        return absence

    def write_changed(self, change: RulesChange, instance: Any, said: dict[str, Any]) -> Any:
        names = ("first_day", "last_day", "starts_at", "ends_at", "person", "applies_to", "reason")
        kept = {name: getattr(instance, name) for name in names}
        change.withdraw(instance)
        absence = Absence(absence_id=instance.absence_id, recorded_by=self.user, **{**kept, **said})
        change.add(absence)
        return absence

    def write_gone(self, change: RulesChange, instance: Any) -> None:
        change.withdraw(instance)


# --- the simple policy -------------------------------------------------------------------------

CLASS_LEVEL = OpenApiParameter(
    "class_level", str, description="The policy that holds for this class level."
)
EITHER_POLICY = _either("AnyPolicy", GeneralPolicySerializer, PolicySerializer)
POLICY_OR_PREVIEW = _either(
    "AnyPolicyOrPreview", GeneralPolicySerializer, PolicySerializer, PreviewSerializer
)


class PolicyViewSet(ChangesRules):
    """The one policy of everybody, and those of single class levels."""

    serializer_class = GeneralPolicySerializer
    queryset = Schedule.objects.exclude(policy_of=None)
    filter_backends = ()
    tagged_actions = frozenset({"change", "destroy"})
    what = "Policy"

    def get_object(self) -> Schedule:
        """The policy that holds for `?class_level=`; without it, everybody's."""
        return policy_of(self._asked) or everybodys_policy()

    @property
    def _asked(self) -> str:
        return self.request.query_params.get("class_level", EVERYBODY).replace("\0", "")

    def representation(self, instance: Any) -> tuple[Any, str]:
        policy = Policy.of(instance)
        shown = PolicySerializer if policy.class_level else GeneralPolicySerializer
        data = shown(policy).data
        return data, entity_tag(data)

    @extend_schema(
        summary="Read everybody's policy, or a class level's",
        parameters=[CLASS_LEVEL],
        responses=EITHER_POLICY,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request)

    @extend_schema(
        request=PolicyChangeSerializer,
        parameters=[PREVIEW],
        responses={
            200: POLICY_OR_PREVIEW,
            201: OpenApiResponse(PolicySerializer, "The class level has a policy of its own now."),
        },
    )
    def change(self, request: Request) -> Response:
        """Change everybody's policy, or with `class_level` that of one class level.

        Open days are judged anew, closed days stay.
        """
        serializer = PolicyChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said, applying = _apart(serializer.validated_data, keeps_reason=False)
        class_level = said.pop("class_level") or EVERYBODY

        def write(change: RulesChange) -> Any:
            if not self.is_preview:
                self.check_precondition(policy_of(class_level) or everybodys_policy())
            policy: Any
            policy, is_new = write_policy(class_level, said)
            policy.is_new = is_new
            return policy

        return self.changed(
            write,
            scope=Scope(),
            applying=applying,
            what="Policy changed",
        )

    @extend_schema(
        summary="Remove the policy of a class level",
        parameters=[CLASS_LEVEL, PREVIEW],
        request=ApplyingSerializer,
        responses={200: OpenApiResponse(PreviewSerializer, "With `?preview=true`."), 204: None},
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A class level goes by everybody's policy again."""
        return super().destroy(request)

    def object_to_read(self) -> Schedule:
        known = policy_of(self._asked)
        if known is None or known.policy_of == EVERYBODY:
            raise Http404
        return known

    def scope_of_row(self, row: Any) -> Scope:
        return Scope(row.valid_from, row.valid_to)


# --- change sets -------------------------------------------------------------------------------


class RuleChangeViewSet(StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[RuleChange]):
    """What was done to closed days at once, the latest first."""

    permission_classes = (AttendanceAccess,)
    queryset = RuleChange.objects.select_related("made_by", "undone_by")
    serializer_class = RuleChangeSerializer
    lookup_field = "change_id"
    lookup_value_converter = "uuid"
    filter_backends = ()

    @extend_schema(summary="List changes of closed days")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="Take a change of closed days back", request=None)
    @action(detail=True, methods=["post"], permission_classes=[MayManageAttendance])
    def undo(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The days that it touched go by the rules of before, exactly."""
        assert isinstance(request.user, User)
        undone = changes.undo_change(change=self.get_object(), by=request.user)
        return Response(self.get_serializer(undone).data)
