"""Many cards as one file: how they are to be printed, the job's page, and its second try."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from cards import jobs
from cards.models import IDCardPrintLog, PrintJob
from cards.office.chosen_cards import ChosenCardsView
from cards.office.forms import REPRINT_REASONS, PrintForm, RestForm
from cards.office.print_warnings import LEFT_OUT, SHOWN, warnings_in_words
from office.views import OfficeView

STATES = {
    PrintJob.State.QUEUED: _("Waiting"),
    PrintJob.State.RUNNING: _("Printing"),
    PrintJob.State.DONE: _("Ready"),
    PrintJob.State.FAILED: _("Failed"),
}
LAYOUTS = (
    (PrintJob.Layout.CR80, _("Card printer"), _("One card a page: front, back, front, back.")),
    (PrintJob.Layout.A4, _("A4 sheets"), _("Ten cards a sheet, to cut. Print on both sides.")),
)


class ChoosePrint(ChosenCardsView):
    """Asks for the layout; with the layout it starts the job."""

    route = "cards/print/"
    url_name = "cards_print"
    title = _("Print cards")
    page = "cards/choose_print.html"
    warning = _("They become one file, in the order of the list.")
    form_class = PrintForm

    def does(self, number: int) -> str:
        words = ngettext("Print {number} card", "Print {number} cards", number)
        return words.format(number=number)

    def act(self, form: PrintForm) -> HttpResponse:
        cards = form.cleaned_data["cards"]
        if not form.cleaned_data["layout"]:
            return self.ask(cards)
        job = jobs.print_cards(card_uuids=cards, by=self.user, **form.how())
        return HttpResponseRedirect(job_url(job))

    def ask(self, cards: Sequence[UUID], **more: Any) -> HttpResponse:
        printed = IDCardPrintLog.objects.filter(card_uuid__in=cards, success=True)
        return super().ask(
            cards,
            layouts=LAYOUTS,
            flips=PrintJob.Flip.choices,
            printed=printed.order_by().values("card_uuid").distinct().count(),
            reasons=REPRINT_REASONS,
            **more,
        )


class PrintAgain(OfficeView):
    """A job that failed is queued once more."""

    route = "cards/printjob/<uuid:pk>/again/"
    url_name = "cards_printjob_again"
    title = _("Print again")
    capability = Capability.MANAGE_CARDS

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        job = get_object_or_404(PrintJob, pk=pk)
        jobs.print_again(job=job)
        return HttpResponseRedirect(job_url(job))


class PrintRest(OfficeView):
    """After a jam: the cards of a job from one of them on, printed in the same way."""

    route = "cards/printjob/<uuid:pk>/rest/"
    url_name = "cards_printjob_rest"
    title = _("Print the rest")
    capability = Capability.MANAGE_CARDS

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        job = get_object_or_404(PrintJob, pk=pk)
        form = RestForm(request.POST)
        if not form.is_valid() or form.cleaned_data["first"] > job.total:
            said = gettext("Enter a number from 1 to {most}.").format(most=job.total)
            messages.error(request, said)
            return HttpResponseRedirect(job_url(job))
        rest = jobs.print_rest(job=job, first=form.cleaned_data["first"], by=self.user)
        return HttpResponseRedirect(job_url(rest))


def job_url(job: PrintJob) -> str:
    return reverse("admin:cards_printjob_change", args=[job.pk])


def job_context(job: PrintJob) -> dict[str, Any]:
    """What `cards/job.html` shows."""
    return {
        "job": job,
        "error": gettext(job.error) if job.error else "",
        "status_url": reverse("print-job-detail", args=[job.pk]),
        "file_url": reverse("print-job-file", args=[job.pk]) if job.file else "",
        "warnings": warnings_in_words(job),
        "more": max(0, len(job.warnings) - SHOWN),
        "left_out": sum(warning["code"] in LEFT_OUT for warning in job.warnings),
    }
