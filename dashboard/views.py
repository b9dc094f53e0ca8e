"""The dashboard at `/` (contract section 11), and its parts for the script that keeps it fresh."""

from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from dashboard.board import Board, parts_of
from office.views import OfficeView
from outbox.positions import current_position

DAY_IN_WORDS = "l, j F Y"


class DashboardView(OfficeView, TemplateView):
    """The whole page. Without a script it is what it was when it was loaded."""

    template_name = "dashboard/dashboard.html"
    title = _("Dashboard")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Before anything is counted: what is committed meanwhile is then told twice, not never.
        position = current_position()
        board = Board(self.user, now=timezone.now())
        return super().get_context_data(
            position=position,
            board=board,
            parts=parts_of(self.user),
            title=date_format(board.today, DAY_IN_WORDS),
            time_zone=settings.TIME_ZONE,
            **kwargs,
        )


class DashboardPartsView(OfficeView, TemplateView):
    """`?part=figures&part=feed`: these sections of the page as they are now, and its heading."""

    template_name = "dashboard/parts.html"
    raise_exception = True  # a script cannot follow to the login page: 403
    title = _("Dashboard")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = parts_of(self.user)
        asked = dict.fromkeys(self.request.GET.getlist("part"))
        if not mine.keys() >= asked.keys():
            raise Http404
        board = Board(self.user, now=timezone.now())
        return {
            "board": board,
            "parts": {name: mine[name] for name in asked},
            "title": date_format(board.today, DAY_IN_WORDS),
        }
