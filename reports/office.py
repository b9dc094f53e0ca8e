"""Reports in the registration office: download one, or have it sent each week or month."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from office.registry import Contribution
from office.rooms import Room
from office.views import OfficeView
from people.looking import note_look_at_many
from people.models import Look
from reports.counting import Report
from reports.formats import as_file
from reports.forms import DownloadForm
from reports.kinds import KINDS, GroupBy, Subject
from reports.models import FileFormat
from reports.services import readable_subjects


class Download(TemplateResponseMixin, OfficeView):
    """A form that leads to a file. By GET: it changes nothing, and can be kept as a bookmark."""

    # Every role may read one of the reports at least: no capability.
    route = "reports/"
    url_name = "reports_download"
    title = _("Download a report")
    room = Room.REPORTS
    place = 1
    template_name = "reports/download.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        subjects = readable_subjects(request.user)
        if not subjects:
            raise PermissionDenied
        form = DownloadForm(request.GET or None, subjects=subjects, initial=_initial(subjects))
        if form.is_valid():
            chosen = form.cleaned_data
            report = Report(KINDS[Subject(chosen["report"])], **chosen["asked"], seen_by=self.user)
            note_look_at_many(request, Look.What.REPORT, held=report.held)
            return as_file(report, chosen["format"])
        return self.render_to_response(self.get_context_data(form=form))


def _initial(subjects: list[str]) -> dict[str, str]:
    return {
        "report": subjects[0],
        "days": "last-week",
        "group_by": GroupBy.CLASS,
        "format": FileFormat.PDF,
    }


CONTRIBUTION = Contribution(views=(Download,))
