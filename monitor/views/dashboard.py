from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from dashboard.figures import dashboard_for
from monitor.serializers import DashboardSerializer
from monitor.views.own_name import InOwnName


class MonitorDashboard(InOwnName):
    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=DashboardSerializer)
    def get(self, request: Request, **kwargs: object) -> Response:
        """Today in numbers, as far as the role of the administrator that is named may see."""
        body = dashboard_for(self._named(), now=timezone.now())
        return Response(DashboardSerializer(body).data, headers={"Cache-Control": "no-store"})

    def _named(self) -> User:
        named = self.kwargs["admin_id"]
        return self.caller if named == self.caller.pk else User.objects.get(pk=named)
