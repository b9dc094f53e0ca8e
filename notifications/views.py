"""The state of every notice (contract section 10)."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.viewsets import ConditionalModelViewSet
from notifications.filters import NoticeFilter
from notifications.models import Notice
from notifications.roles import NoticeAccess, kinds_for
from notifications.serializers import NoticeSerializer
from notifications.services import retry_notice


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
        return notices.filter(kind__in=kinds_for(self.request.user))

    @extend_schema(request=None, responses=NoticeSerializer)
    @transaction.atomic
    def retry(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Try a failed notice again, from the first try on; 409 if it has not failed."""
        notice = self.get_object()
        self.check_precondition(notice)
        return self.respond(retry_notice(notice=notice))
