"""From a tap of the live feed to the page of whose card it was: the feed knows no kinds."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from office.views import OfficeView
from pos.models import Tap


class HolderOfTap(OfficeView):
    route = "pos/tap/<int:pk>/holder/"
    url_name = "pos_tap_holder"
    title = _("Holder")
    capability = Capability.READ_PEOPLE

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Of a tap that this user sees; of one of nobody's card there is none."""
        known = Tap.objects.with_names().seen_by(self.user).filter(person__isnull=False)
        person = get_object_or_404(known, pk=kwargs["pk"]).person
        assert person is not None
        return redirect(person.declared.change_page, person.pk)
