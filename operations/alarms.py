"""Who runs TrackXpert is told of faults by itself: once when one begins, once when it is over.

The worker looks each minute, and so does `follow_events`: whichever of the two is stuck, the other
tells. What is seen once only, or gone for a moment, is not told: a server that starts, a reader at
the edge of its network.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from core.locks import take_turns
from institution.declared import (
    ALERT_ON_SILENT_READERS,
    ALERT_RECIPIENTS,
    ALERT_REMINDER_HOURS,
    INSTITUTION_NAME,
    INSTITUTION_SHORT_NAME,
)
from institution.mail import mail_is_set_up
from institution.reading import setting
from notifications.channels import Mail, Undelivered
from operations.faults import Fault, Kind, faults_of
from operations.figures import figures
from operations.models import FaultRecord
from outbox.models import Event

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
# A fault that is still there after so long, and one that has not been seen again for so long.
BELIEVED_AFTER: Final = timedelta(minutes=1)
OVER_AFTER: Final = timedelta(minutes=5)
# One mail tells all that has gathered since the last.
PAUSE: Final = timedelta(minutes=5)
# Longer than mail servers may take. Whoever has not finished by then was killed.
LEASE: Final = timedelta(minutes=5)

SINCE: Final = "since {0}: {1}"


def watch_faults() -> None:
    """Look for faults, write down what is seen, and tell what is news."""
    known = figures()
    faults = list(faults_of(known, backup_within=settings.BACKUP_WITHIN))
    if not setting(ALERT_ON_SILENT_READERS):
        faults = [fault for fault in faults if fault.kind != Kind.READER_SILENT]
        # Nobody is told that they are over: they may not be.
        FaultRecord.objects.filter(kind=Kind.READER_SILENT).delete()
    note_faults(faults, at=known.at)
    tell_by_mail(at=known.at)


@transaction.atomic
def note_faults(faults: Iterable[Fault], *, at: datetime) -> None:
    """What a look at the figures of that moment has seen."""
    take_turns("operations.alarms")  # of two that look at once, each fault is one's
    records = {(record.kind, record.subject): record for record in FaultRecord.objects.open()}
    for fault in faults:
        if record := records.pop((fault.kind, fault.subject), None):
            _see_again(record, fault, at)
        else:
            FaultRecord.objects.create(
                kind=fault.kind, subject=fault.subject, detail=fault.detail, began_at=at, seen_at=at
            )
    for record in records.values():
        if at - record.seen_at >= OVER_AFTER:
            _end(record)
    FaultRecord.objects.outdated(at=at).delete()


def _see_again(record: FaultRecord, fault: Fault, at: datetime) -> None:
    """Never writes who was told meanwhile, but where it is back."""
    record.detail, record.seen_at = fault.detail, at
    if record.raised_at is not None or at - record.began_at < BELIEVED_AFTER:
        record.save(update_fields=["detail", "seen_at"])
        return
    if before := FaultRecord.objects.just_ended(record.kind, record.subject, at=at):
        record = _reopen(before, record)
    record.raised_at = at
    record.save(update_fields=["detail", "seen_at", "raised_at"])
    _raise("fault_began", record)


def _reopen(before: FaultRecord, record: FaultRecord) -> FaultRecord:
    """The same one is back, and told to be so only if it was told to be over (`news`)."""
    record.delete()
    before.began_at, before.ended_at = record.began_at, None
    before.detail, before.seen_at = record.detail, record.seen_at
    if before.end_told_at and before.told_at and before.end_told_at > before.told_at:
        before.told_at = None
    before.save(update_fields=["began_at", "ended_at", "told_at"])
    return before


def _end(record: FaultRecord) -> None:
    if record.raised_at is None:
        record.delete()
        return
    record.ended_at = record.seen_at
    record.save(update_fields=["ended_at"])
    _raise("fault_ended", record)


def _raise(alert: str, record: FaultRecord) -> None:
    """Silent readers have alerts of their own, live and to webhooks."""
    if record.kind == Kind.READER_SILENT:
        return
    payload = {
        "alert": alert,
        "fault": record.kind,
        "subject": record.subject,
        "detail": record.detail,
        "began_at": timezone.localtime(record.began_at).isoformat(),
    }
    Event.objects.create(kind=Event.Kind.ALERT, payload=payload)


# --- by mail ------------------------------------------------------------------------------------


def tell_by_mail(*, at: datetime) -> None:
    """One mail to each recipient with all that is news; what nobody took is told later."""
    recipients = setting(ALERT_RECIPIENTS)
    if not recipients or not mail_is_set_up() or _was_just_told(at):
        return
    news = _claim(at)
    if not news:
        return
    claimed = FaultRecord.objects.filter(pk__in=[record.pk for record in news])
    if not _send(recipients, news):
        return
    over = Q(pk__in=[record.pk for record in news if record.ended_at])
    claimed.filter(over).update(end_told_at=at, leased_until=None)
    claimed.exclude(over).update(told_at=at, leased_until=None)


def _was_just_told(at: datetime) -> bool:
    last: dict[str, Any] = FaultRecord.objects.aggregate(Max("told_at"), Max("end_told_at"))
    return any(told and told > at - PAUSE for told in last.values())


@transaction.atomic
def _claim(at: datetime) -> list[FaultRecord]:
    """The lock stops two that look at once; none is held while mail servers are waited for."""
    remind_after = timedelta(hours=setting(ALERT_REMINDER_HOURS))
    news = FaultRecord.objects.news(at=at, remind_after=remind_after)
    free = news.filter(Q(leased_until=None) | Q(leased_until__lte=at))
    claimed = list(free.select_for_update(skip_locked=True, no_key=True))
    ids = [record.pk for record in claimed]
    FaultRecord.objects.filter(pk__in=ids).update(leased_until=at + LEASE)
    return claimed


def _send(recipients: Sequence[str], news: list[FaultRecord]) -> bool:
    """Whether anybody has it: an address that is wrong keeps it from no other."""
    subject, body = mail_of(news)
    taken = 0
    with Mail() as mail:
        for recipient in recipients:
            try:
                mail.send(
                    notice_id=str(uuid4()),
                    recipient=recipient,
                    subject=subject,
                    body=body,
                    stop_url="",
                )
                taken += 1
            except Undelivered as error:
                logger.warning("An alert could not be sent: %s", error.reason)
    return taken > 0


def mail_of(news: Sequence[FaultRecord]) -> tuple[str, str]:
    """Subject and body, in campus time."""
    open_ones = [record for record in news if not record.ended_at]
    parts = [
        ([each for each in open_ones if not each.told_at], "What began", SINCE),
        ([each for each in open_ones if each.told_at], "What is still so", SINCE),
        ([each for each in news if each.ended_at], "What is over", "{0} to {2}: {3}. Last: {1}"),
    ]
    counts = [f"{title[5:]}: {len(records)}" for records, title, _ in parts if records]
    (record, *others) = news
    headline = "; ".join(counts) if others else f"{record.get_kind_display()}{_mark(record)}"
    lines = [f"TrackXpert of {setting(INSTITUTION_NAME)}, {settings.PUBLIC_URL}"]
    for records, title, form in parts:
        if records:
            lines += ["", f"{title}:", *(f"- {_line(each, form)}" for each in records)]
    lines += ["", "How it is now stands at /status; who is told, in the office under Settings."]
    return f"{setting(INSTITUTION_SHORT_NAME)}: {headline}", "\n".join(lines)


def _mark(record: FaultRecord) -> str:
    if record.ended_at:
        return ": it is over"
    return ": it is still so" if record.told_at else ""


def _line(record: FaultRecord, form: str) -> str:
    ended = record.ended_at and _time(record.ended_at)
    return form.format(_time(record.began_at), record.detail, ended, record.get_kind_display())


def _time(at: datetime) -> str:
    return f"{timezone.localtime(at):%d %b %H:%M}"
