"""A student's ledger: the points that are left, every incident, and the merits."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from discipline.models import Incident, Merit
from office.views import OfficeView
from students.models import Student

PER_PAGE = 50


class LedgerView(OfficeView, TemplateView):
    route = "discipline/incident/student/<uuid:pk>/"
    url_name = "discipline_ledger"
    capability = Capability.READ_DISCIPLINE
    title = _("Incidents")
    template_name = "discipline/ledger.html"

    @cached_property
    def student(self) -> Student:
        students: Any = Student.objects.seen_by(self.user)
        student: Student = get_object_or_404(students, pk=self.kwargs["pk"])
        return student

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        incidents = Incident.objects.filter(student=self.student)
        page = Paginator(incidents.select_related("recorded_by", "voided_by"), PER_PAGE)
        given = Merit.objects.filter(student=self.student).select_related("recorded_by")
        merits = list(given[: PER_PAGE + 1])
        found = urlencode({"q": self.student.identifier})
        all_merits = f"{reverse('admin:discipline_merit_changelist')}?{found}"
        return super().get_context_data(
            title=self.student.full_name,
            student=self.student,
            may_record=self.user.may(Capability.MANAGE_DISCIPLINE),
            starting_points=settings.DISCIPLINE_STARTING_POINTS,
            counts=incidents.aggregate(
                standing=Count("pk", filter=Q(voided_at__isnull=True)),
                voided=Count("pk", filter=Q(voided_at__isnull=False)),
            ),
            merits=merits[:PER_PAGE],
            all_merits=all_merits if len(merits) > PER_PAGE else "",
            page=page.get_page(self.request.GET.get("page")),
            **kwargs,
        )
