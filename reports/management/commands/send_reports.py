from typing import Any

from django.core.management import BaseCommand

from reports.mailing import ReportSending, send_due_reports


class Command(BaseCommand):
    help = (
        "Send the reports by e-mail whose week or month is over. The background worker does that "
        "every quarter of an hour; running it again does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        return "\n".join(_line(sending) for sending in send_due_reports()) or "No report is due."


def _line(sending: ReportSending) -> str:
    outcome = sending.error or f"sent to {len(sending.schedule.recipients)}"
    return f"{sending.schedule}, {sending.span}: {outcome}"
