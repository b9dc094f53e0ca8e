"""Guardians, and the state of every notice (contract section 10)."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from accounts.permissions import IsReadOnly, MayManagePeople, MayReadHistory
from core.history import ChangeSerializer, history_body, history_of
from core.viewsets import ConditionalModelViewSet
from notifications.consents import agree_to_notices, withdraw_from_notices
from notifications.contacts import confirm_contact, start_contact, stop_contact
from notifications.filters import NoticeFilter
from notifications.models import Guardian, Notice
from notifications.permissions import NoticeAccess, SeesGuardians, kinds_for, kinds_retried_by
from notifications.serializers import (
    GuardianConsentSerializer,
    GuardianSerializer,
    NoticeSerializer,
)
from notifications.services import remove_guardian, retry_notice
from people.looking import note_look
from people.models import Look
from people.scope import seen_q
from students.models import Student


class NoticeViewSet(ConditionalModelViewSet[Notice]):
    """Notices, latest first: those about attendance for who corrects it, of discipline likewise."""

    permission_classes = (NoticeAccess,)
    queryset = Notice.objects.prefetch_related("student", "guardian")
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter
    lookup_field = "notice_id"
    ordering_fields = ("created_at", "date", "sent_at")

    def get_queryset(self) -> QuerySet[Notice]:
        notices: QuerySet[Notice] = super().get_queryset()
        user, is_retry = self.request.user, self.action == "retry"
        return notices.filter(kind__in=kinds_retried_by(user) if is_retry else kinds_for(user))

    @extend_schema(request=None, responses=NoticeSerializer)
    @transaction.atomic
    def retry(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Try a failed notice again, from the first try on; 409 if it has not failed."""
        notice = self.get_object()
        self.check_precondition(notice)
        return self.respond(retry_notice(notice=notice))


class GuardianViewSet(ConditionalModelViewSet[Guardian]):
    """The guardians of one student. Their numbers are private: not every role sees them."""

    permission_classes = (SeesGuardians & (MayManagePeople | IsReadOnly),)
    queryset = Guardian.objects.all()
    serializer_class = GuardianSerializer
    lookup_field = "guardian_id"
    lookup_value_converter = "uuid"
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Guardian]:
        guardians: QuerySet[Guardian] = super().get_queryset()
        theirs = guardians.filter(student=self.kwargs.get("student_uuid", ""))
        return theirs.filter(seen_q(self.request.user, "student__"))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        note_look(request, Look.What.GUARDIANS, self._student().pk)
        return super().list(request, *args, **kwargs)

    def _student(self) -> Student:
        students: Any = Student.objects.seen_by(self.request.user)
        student: Student = get_object_or_404(students, pk=self.kwargs["student_uuid"])
        return student

    def before_shown(self, instance: Guardian) -> None:
        note_look(self.request, Look.What.GUARDIANS, instance.student_id)

    def perform_create(self, serializer: BaseSerializer[Guardian]) -> Guardian:
        return serializer.save(student=self._student())

    def perform_destroy(self, instance: Guardian) -> None:
        remove_guardian(guardian=instance)

    @extend_schema(request=None, responses=GuardianSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> Response:
        """The office knows that the number or address is theirs."""
        return self._said(confirm_contact)

    @extend_schema(request=None, responses=GuardianSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, **kwargs: Any) -> Response:
        """They said at the office that they want no messages."""
        return self._said(stop_contact)

    @extend_schema(request=None, responses=GuardianSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, **kwargs: Any) -> Response:
        """They said at the office that they want messages again."""
        return self._said(start_contact)

    @transaction.atomic
    def _said(self, say: Callable[..., None]) -> Response:
        guardian = self.get_object()
        self.check_precondition(guardian)
        say(guardian=guardian)
        guardian.refresh_from_db()
        return self.respond(guardian)

    @extend_schema(responses=GuardianConsentSerializer(many=True), filters=False)
    @action(
        detail=True,
        permission_classes=[SeesGuardians & MayManagePeople],
        pagination_class=None,
    )
    def consents(self, request: Request, **kwargs: Any) -> Response:
        """Whether this guardian agreed to being told, also what was withdrawn, latest first."""
        return self._consents(self.get_object())

    @extend_schema(request=GuardianConsentSerializer, responses={201: GuardianConsentSerializer})
    @consents.mapping.post
    @transaction.atomic
    def agree(self, request: Request, **kwargs: Any) -> Response:
        """Write down that this guardian agreed to being told; a 400 while the same holds."""
        said = GuardianConsentSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        consent = agree_to_notices(
            guardian=self.get_object(), by=request.user, **said.validated_data
        )
        return Response(GuardianConsentSerializer(consent).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=GuardianConsentSerializer(many=True))
    @action(
        detail=True,
        methods=["post"],
        url_path="consents/withdraw",
        permission_classes=[SeesGuardians & MayManagePeople],
        pagination_class=None,
    )
    @transaction.atomic
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        """Their consent holds no more; the answer is all there were. 409 if none holds."""
        guardian = self.get_object()
        assert isinstance(request.user, User)
        withdraw_from_notices(guardian=guardian, by=request.user)
        return self._consents(guardian)

    def _consents(self, guardian: Guardian) -> Response:
        note_look(self.request, Look.What.GUARDIANS, guardian.student_id)
        found = guardian.consents.select_related("recorded_by", "withdrawal_recorded_by")
        return Response(GuardianConsentSerializer(found, many=True).data)

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(
        detail=True,
        permission_classes=[SeesGuardians & MayReadHistory],
        pagination_class=None,
    )
    def history(self, request: Request, **kwargs: Any) -> Response:
        """Every change of this guardian, latest first: who, when, before, after."""
        guardian = self.get_object()
        note_look(request, Look.What.GUARDIANS, guardian.student_id)
        return Response(history_body(history_of(guardian)))
