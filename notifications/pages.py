"""What is done to one notice in the office."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from notifications.models import Notice
from notifications.roles import kinds_for
from notifications.services import NotFailed, retry_notice
from office.views import OfficeView


class SendAgain(OfficeView):
    """For whoever sees the notice."""

    route = "notifications/notice/<uuid:notice_id>/send-again/"
    url_name = "notifications_send_again"
    title = "Send again"

    def post(self, request: HttpRequest, notice_id: UUID, **kwargs: Any) -> HttpResponse:
        kinds = kinds_for(self.user)
        if not kinds:
            raise PermissionDenied
        with transaction.atomic():
            notices = Notice.objects.filter(kind__in=kinds).select_for_update(no_key=True)
            notice = get_object_or_404(notices, pk=notice_id)
            try:
                retry_notice(notice=notice)
            except NotFailed as error:
                messages.error(request, error.message)
            else:
                messages.success(request, "It will be sent again within a minute.")
        return redirect("admin:notifications_notice_change", notice_id)
