"""Card numbers from a list in the office: upload, a look at each row, and then the deed.

Nothing is kept meanwhile: the rows that bring something go along in the preview.
"""

from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from cards.desk.spellings import SPELLINGS, chosen_format
from cards.number_formats import NumberFormat
from cards.number_lists import (
    COLUMNS,
    MOST_ROWS,
    Becomes,
    NumberList,
    read_number_list,
    write_number_list,
)
from core.throttling import BulkThrottle
from office.rooms import Room
from office.views import OfficeView
from people import spreadsheets
from people.kinds import kind_keys, kinds
from people.spreadsheets import SpreadsheetRefused
from people.views import csv_download

SHOWN = 300
WORDS = {
    Becomes.REFUSED: (_("refused"), _("refused")),
    Becomes.ISSUED: (_("would be issued a card"), _("were issued a card")),
    Becomes.CHANGED: (
        _("would have another number on their card"),
        _("have this number on their card"),
    ),
    Becomes.UNCHANGED: (_("have this number already"), _("have this number already")),
}


class NumberListView(TemplateResponseMixin, OfficeView):
    route = "cards/numbers/"
    url_name = "cards_numbers"
    title = _("Card numbers from a list")
    capability = Capability.MANAGE_CARDS
    room = Room.CARDS
    place = 9
    door = _("Numbers from a list")
    template_name = "cards/numbers.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if "template" in request.GET:
            return csv_download(spreadsheets.csv_stream(COLUMNS, []), "card-numbers.csv")
        return self._shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        throttle = BulkThrottle()
        if not throttle.allows(str(self.user.pk)):
            words = gettext(
                "Too many files in a short time. Try again in {seconds} seconds."
            ).format(seconds=f"{throttle.wait():.0f}")
            return self._shown(HTTPStatus.TOO_MANY_REQUESTS, error=words)
        try:
            return self._written() if "rows" in request.POST else self._previewed()
        except SpreadsheetRefused as error:
            return self._shown(HTTPStatus.BAD_REQUEST, error=str(error))

    def _previewed(self) -> HttpResponse:
        file = self.request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            return self._shown(HTTPStatus.BAD_REQUEST, error=gettext("Choose a file first."))
        spelling = chosen_format(self.request.POST.get("number_format", ""))
        numbers = read_number_list(file.read(), number_format=spelling)
        return self._shown(numbers=numbers, number_format=spelling)

    def _written(self) -> HttpResponse:
        """The rows of the preview, whose numbers are in canonical form."""
        content = self.request.POST["rows"].encode()
        numbers = read_number_list(content, number_format=NumberFormat.HEX)
        return self._shown(numbers=write_number_list(numbers, by=self.user))

    def _shown(
        self,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        numbers: NumberList | None = None,
        **context: Any,
    ) -> HttpResponse:
        if numbers:
            context |= _told(numbers)
        frame = self.get_context_data(
            spellings=SPELLINGS, most=MOST_ROWS, columns=_hints(), **context
        )
        return self.render_to_response(frame, status=status)


def _hints() -> list[tuple[str, str]]:
    """Of each column what stands in it."""
    labels = ", ".join(dict.fromkeys(str(kind.number_label) for kind in kinds()))
    return [
        ("number", gettext("By which the person is known: {labels}").format(labels=labels)),
        ("rfid_number", gettext("The number of the chip, as the factory or the reader says it")),
        (
            "kind",
            gettext("Where two have the same number, one of {kinds}").format(
                kinds=", ".join(kind_keys())
            ),
        ),
    ]


def _told(numbers: NumberList) -> dict[str, Any]:
    order = list(WORDS)
    rows = sorted(numbers.rows, key=lambda row: order.index(row.becomes))
    said = ((numbers.number(each), WORDS[each][numbers.is_written]) for each in order)
    written = [str(row.written.pk) for row in rows if row.written]
    return {
        "numbers": numbers,
        "rows": rows[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "counts": ", ".join(f"{number:,} {words}" for number, words in said if number),
        "kept": "" if numbers.is_written else numbers.as_csv().decode(),
        "written": ",".join(written),
        "number_written": len(written),
    }
