"""Send reports by e-mail, each once when its week or month is over (contract section 10)."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from institution.declared import INSTITUTION_NAME, NOTICE_LANGUAGE
from institution.mail import mail_is_set_up, sender, sender_domain
from institution.reading import setting
from people.models import Look
from reports.counting import Report
from reports.formats import CONTENT_TYPES, written
from reports.kinds import GroupBy
from reports.models import ReportSchedule
from reports.periods import ReportPeriod, Span, span_before
from reports.services import may_have_sent, outside_of_allowed_domains

logger = logging.getLogger(__name__)

# Longer than a worker may work at all (Q_CLUSTER's timeout): whoever has not finished by then was
# killed, and the report is sent again.
LEASE = timedelta(minutes=20)
RETRY_AFTER = timedelta(minutes=30)
MAX_ERROR = 300

BODY = """\
{title}, {subtitle}
{span}
{institution}

{figures}

{note}

{why}
"""
WHY = {
    ReportPeriod.WEEKLY: _(
        "The report is attached as a file. {creator} has asked for it to be sent to you each week."
    ),
    ReportPeriod.MONTHLY: _(
        "The report is attached as a file. {creator} has asked for it to be sent to you each month."
    ),
}


@dataclass(frozen=True)
class ReportSending:
    """How a try ended; `error` is for people, and holds no secret."""

    schedule: ReportSchedule
    span: Span
    error: str = ""
    is_final: bool = False
    """Another try would end the same way; the next week or month may not."""


def send_due_reports() -> Iterator[ReportSending]:
    """Send whatever is due; a report that could not be sent is tried again later.

    Any number of workers may do this at once: each report is claimed by one of them.
    """
    while schedule := _claim(at=timezone.now()):
        now = timezone.now()
        sending = _send(schedule, span_before(schedule.period, timezone.localdate(now)))
        _note(sending, at=now)
        yield sending


@transaction.atomic
def _claim(*, at: datetime) -> ReportSchedule | None:
    """Take one report that is due, and for a while no other worker will.

    The lock stops two workers that look at the same moment. It is not held while the report is
    sent: a slow mail server would hold up whoever wants to change the schedule.
    """
    due = ReportSchedule.objects.due(at=at).select_related("created_by")
    schedule = due.select_for_update(of=("self",), skip_locked=True).first()
    if schedule:
        schedule.next_send_at = at + LEASE
        schedule.save(update_fields=["next_send_at"])
    return schedule


@transaction.atomic
def _note(sending: ReportSending, *, at: datetime) -> None:
    """Write down how it ended. The schedule may have been changed or deleted meanwhile."""
    schedule = ReportSchedule.objects.select_for_update().filter(pk=sending.schedule.pk).first()
    if schedule is None:
        return
    schedule.last_error = sending.error[:MAX_ERROR]
    if sending.error and not sending.is_final:
        schedule.next_send_at = at + RETRY_AFTER
    else:
        schedule.plan(after=at)
    if not sending.error:
        schedule.last_sent_for, schedule.last_sent_at = sending.span.first, at
    schedule.save(update_fields=["last_error", "next_send_at", "last_sent_for", "last_sent_at"])


def _send(schedule: ReportSchedule, span: Span) -> ReportSending:
    creator = schedule.created_by
    if not may_have_sent(creator, schedule.kind):
        error = f"Not sent: {creator.username} may not read this report any more."
        return ReportSending(schedule, span, error, is_final=True)
    if outside := outside_of_allowed_domains(schedule.recipients):
        error = f"Not sent: reports do not go to the domain of {', '.join(outside)} any more."
        return ReportSending(schedule, span, error, is_final=True)
    if not mail_is_set_up():
        return ReportSending(schedule, span, gettext_noop("Not sent: e-mail is not set up here."))
    try:
        with translation.override(setting(NOTICE_LANGUAGE)):
            message = _message(schedule, span)
        message.send()
    except OSError as error:  # so are all errors of SMTP
        reason = f"The mail server did not take it: {type(error).__name__}."
        return ReportSending(schedule, span, reason)
    except Exception:
        # The worker's own log is not where an officer looks: the schedule itself must say it.
        logger.exception("Report %s failed", schedule.pk)
        return ReportSending(schedule, span, gettext_noop("The report could not be made."))
    return ReportSending(schedule, span)


def _message(schedule: ReportSchedule, span: Span) -> EmailMessage:
    """In the language that is set: nobody knows which one the readers like best."""
    report = Report(schedule.kind, span, GroupBy(schedule.group_by), seen_by=schedule.created_by)
    held = report.held
    Look.objects.create(
        user=schedule.created_by,
        what=Look.What.REPORT,
        path=f"/api/reports/schedules/{schedule.pk}/",
        asked=f"from={span.first}&to={span.last}&group_by={report.group_by}",
        people=len(held),
        held=held,
    )
    with closing(written(report, schedule.format)) as file:
        content = file.read()
    message = EmailMessage(
        f"{report.title}, {span}",
        _text(schedule, report),
        from_email=sender(),
        to=schedule.recipients,
        headers={
            # The same for every try: mail programs show what they have twice only once.
            "Message-ID": f"<report-{schedule.pk}-{span.first}@{sender_domain()}>",
            # Answering machines stay silent (RFC 3834).
            "Auto-Submitted": "auto-generated",
        },
    )
    media_type = CONTENT_TYPES[schedule.format].partition(";")[0]
    message.attach(f"{report.file_name}.{schedule.format}", content, media_type)
    return message


def _text(schedule: ReportSchedule, report: Report) -> str:
    creator = schedule.created_by
    return BODY.format(
        title=report.title,
        subtitle=report.subtitle,
        span=report.span,
        institution=setting(INSTITUTION_NAME),
        figures="\n".join(f"{name}: {value}" for name, value in report.headline),
        note=report.kind.note,
        why=WHY[ReportPeriod(schedule.period)].format(
            creator=creator.full_name or creator.username
        ),
    )
