"""Reports by e-mail, through a real SMTP server: each once, and never quietly not."""

import io
import threading
from collections.abc import Callable
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext
from django_q.models import Schedule
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.tests.races import PATIENCE, at_once, meeting
from cards.tests.factories import make_student
from notifications.tests.conftest import mailbox as mailbox
from notifications.tests.gateway import Mailbox
from reports import formats, mailing
from reports.mailing import LEASE, RETRY_AFTER, ReportSending, send_due_reports
from reports.models import ReportSchedule
from reports.tests.factories import at, csv_rows, make_day, make_schedule

pytestmark = pytest.mark.django_db

MONDAY, NEXT_MONDAY = date(2026, 11, 23), date(2026, 11, 30)
WEDNESDAY = date(2026, 11, 18)


def send() -> list[ReportSending]:
    return list(send_due_reports())


def fresh(schedule: ReportSchedule) -> ReportSchedule:
    return ReportSchedule.objects.get(pk=schedule.pk)


def attachment(mail: EmailMessage) -> tuple[str, str, bytes]:
    (part,) = mail.iter_attachments()
    content = part.get_content()
    return (
        str(part.get_filename()),
        part.get_content_type(),
        content.encode() if isinstance(content, str) else content,
    )


def planned(**fields: Any) -> ReportSchedule:
    """A schedule that was made on Saturday night."""
    return make_schedule(next_send_at=at(MONDAY, "06:30"), **fields)


def test_nothing_goes_to_a_domain_that_is_not_allowed_any_more(
    mailbox: Mailbox, clock: time_machine.Traveller, settings: Settings
) -> None:
    schedule = planned(recipients=["head@example.org", "dean@example.com"])
    settings.REPORT_MAIL_DOMAINS = ["example.org"]
    clock.move_to(at(MONDAY, "06:30"))
    (sending,) = send()
    assert "dean@example.com" in sending.error
    assert "head@example.org" not in sending.error
    assert fresh(schedule).last_error == sending.error
    assert fresh(schedule).next_send_at == at(NEXT_MONDAY, "06:30")
    assert not mailbox.mails


def test_a_week_is_sent_on_its_monday(mailbox: Mailbox, clock: time_machine.Traveller) -> None:
    make_day(make_student(class_code="COE26A"), WEDNESDAY, "Present")
    make_day(make_student(class_code="COE26A"), MONDAY, "Present")
    schedule = planned(recipients=["head@example.org", "dean@example.org"])
    clock.move_to(at(MONDAY, "06:29"))
    assert send() == []
    clock.move_to(at(MONDAY, "06:30"))
    (sending,) = send()
    assert sending.error == ""
    (mail,) = mailbox.mails
    assert mail["To"] == "head@example.org, dean@example.org"
    assert mail["Subject"] == "Attendance report, 16–22 November 2026"
    assert mail["Auto-Submitted"] == "auto-generated"
    body: Any = mail.get_body()
    assert "Attendance rate: 100.00 %" in body.get_content()
    assert "head has asked for it to be sent to you each week" in body.get_content()
    name, media_type, content = attachment(mail)
    assert (name, media_type) == ("attendance-by-class-2026-11-16-2026-11-22.csv", "text/csv")
    row, _ = csv_rows(content)
    assert (row["class_code"], row["present"]) == ("COE26A", "1")
    after = fresh(schedule)
    assert (after.last_sent_for, after.last_error) == (date(2026, 11, 16), "")
    assert after.last_sent_at == at(MONDAY, "06:30")
    assert after.next_send_at == at(NEXT_MONDAY, "06:30")
    assert send() == []


def test_a_report_is_sent_in_the_language_that_is_set(
    mailbox: Mailbox, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.NOTICE_LANGUAGE = "sw"
    planned()
    clock.move_to(at(MONDAY, "06:30"))
    send()
    (mail,) = mailbox.mails
    with translation.override("sw"):
        assert str(mail["Subject"]).startswith(gettext("Attendance report"))
    assert not str(mail["Subject"]).startswith("Attendance report")
    body: Any = mail.get_body()
    assert "has asked for it" not in body.get_content()


def test_a_month_is_sent_on_the_first(mailbox: Mailbox, clock: time_machine.Traveller) -> None:
    make_schedule(period="monthly", next_send_at=at(date(2026, 12, 1), "06:30"))
    clock.move_to(at(date(2026, 12, 1), "06:45"))
    (sending,) = send()
    assert (str(sending.span), sending.error) == ("November 2026", "")
    assert mailbox.mails[0]["Subject"] == "Attendance report, November 2026"


@pytest.mark.parametrize("subject", ["attendance", "discipline", "kitchen"])
def test_each_format_arrives_whole(subject: str, mailbox: Mailbox) -> None:
    make_schedule(report=subject, format="pdf", group_by="student")
    make_schedule(report=subject, format="xlsx")
    assert [sending.error for sending in send()] == ["", ""]
    files = {
        name.rpartition(".")[2]: content for name, _, content in map(attachment, mailbox.mails)
    }
    text = PdfReader(io.BytesIO(files["pdf"])).pages[0].extract_text()
    assert f"{subject.capitalize()} report" in text
    assert openpyxl.load_workbook(io.BytesIO(files["xlsx"])).sheetnames[1:] == ["Days", "About"]


def test_after_a_long_stop_the_last_week_alone_is_sent(
    mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    schedule = planned()
    clock.move_to(at(date(2026, 12, 16), "11:00"))
    (sending,) = send()
    assert sending.span.first == date(2026, 12, 7)
    assert fresh(schedule).next_send_at == at(date(2026, 12, 21), "06:30")


def test_what_is_switched_off_is_not_sent(mailbox: Mailbox) -> None:
    make_schedule(is_active=False)
    assert send() == []


def test_a_refused_mail_is_sent_again_later(
    mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    schedule = planned()
    clock.move_to(at(MONDAY, "06:30"))
    mailbox.answers = ["451 Later"]
    (sending,) = send()
    assert sending.error == "The mail server did not take it: SMTPDataError."
    after = fresh(schedule)
    assert after.last_error == sending.error
    assert after.last_sent_for is None
    assert after.next_send_at == at(MONDAY, "06:30") + RETRY_AFTER
    assert send() == []
    clock.shift(RETRY_AFTER)
    (sending,) = send()
    assert sending.error == ""
    assert fresh(schedule).last_error == ""
    assert fresh(schedule).last_sent_for == date(2026, 11, 16)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


def test_no_mail_server_is_told(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "institution.mail.ConfiguredBackend"
    settings.MAIL_SERVER, settings.MAIL_PORT, settings.MAIL_SECURITY = "127.0.0.1", 1, "none"
    schedule = make_schedule()
    send()
    assert fresh(schedule).last_error == (
        "The mail server did not take it: ConnectionRefusedError."
    )


def test_without_mail_nothing_is_taken_for_sent(settings: Settings) -> None:
    settings.MAIL_SERVER = ""
    schedule = make_schedule()
    send()
    assert fresh(schedule).last_error == "Not sent: e-mail is not set up here."
    assert fresh(schedule).last_sent_for is None


def disabled(user: User) -> None:
    user.is_active = False


def of_another_role(user: User) -> None:
    user.role = "kitchen_admin"


@pytest.mark.parametrize("lose", [disabled, of_another_role])
def test_whoever_lost_the_right_has_nothing_sent(
    lose: Callable[[User], None],
    mailbox: Mailbox,
    make_user: Callable[..., User],
    clock: time_machine.Traveller,
) -> None:
    creator = make_user("attendance_admin", "asha")
    schedule = planned(created_by=creator)
    lose(creator)
    creator.save()
    clock.move_to(at(MONDAY, "07:00"))
    (sending,) = send()
    assert sending.error == "Not sent: asha may not read this report any more."
    assert mailbox.mails == []
    after = fresh(schedule)
    assert after.last_error == sending.error
    assert after.next_send_at == at(NEXT_MONDAY, "06:30")
    creator.is_active, creator.role = True, "administrator"
    creator.save()
    assert send() == []
    clock.move_to(at(NEXT_MONDAY, "07:00"))
    assert [sending.error for sending in send()] == [""]
    assert fresh(schedule).last_error == ""


def test_a_report_that_cannot_be_made_says_so_and_stops_no_other(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = make_schedule(format="pdf"), make_schedule(format="csv")
    written = formats.written

    def fail(report: Any, file_format: str) -> Any:
        if file_format == "pdf":
            raise ZeroDivisionError
        return written(report, file_format)

    monkeypatch.setattr(mailing, "written", fail)
    send()
    assert fresh(broken).last_error == "The report could not be made."
    assert fresh(fine).last_sent_for is not None


def test_what_a_killed_worker_had_taken_is_sent_later(
    mailbox: Mailbox, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = planned()
    clock.move_to(at(MONDAY, "06:30"))

    def die(*args: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(mailing, "_send", die)
        with pytest.raises(SystemExit):
            send()
    clock.shift(LEASE - timedelta(seconds=1))
    assert send() == []
    clock.shift(1)
    assert [sending.error for sending in send()] == [""]
    assert fresh(schedule).last_sent_for == date(2026, 11, 16)
    assert len(mailbox.mails) == 1


def during(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen while a report is being sent."""
    message = mailing._message

    def then(*args: Any) -> Any:
        happens()
        return message(*args)

    monkeypatch.setattr(mailing, "_message", then)


def test_a_schedule_that_is_deleted_meanwhile_stays_so(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = make_schedule()
    during(monkeypatch, ReportSchedule.objects.filter(pk=schedule.pk).delete)
    assert len(send()) == 1
    assert not ReportSchedule.objects.exists()


def test_a_change_that_is_made_meanwhile_stays(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    schedule = planned()
    clock.move_to(at(MONDAY, "06:30"))
    change = {"is_active": False, "period": "monthly", "recipients": ["new@example.org"]}
    during(monkeypatch, lambda: ReportSchedule.objects.update(**change))
    send()
    after = fresh(schedule)
    assert {name: getattr(after, name) for name in change} == change
    assert after.next_send_at == at(date(2026, 12, 1), "06:30")


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_report_once(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looks while the first holds the row, and goes away."""
    schedule = make_schedule()
    claim, save = mailing._claim, ReportSchedule.save
    other_has_looked = threading.Event()

    def look(**how: Any) -> ReportSchedule | None:
        claimed = claim(**how)
        if claimed is None:
            other_has_looked.set()
        return claimed

    def wait(self: ReportSchedule, **how: Any) -> None:
        assert other_has_looked.wait(PATIENCE)
        save(self, **how)

    monkeypatch.setattr(mailing, "_claim", look)
    monkeypatch.setattr(ReportSchedule, "save", wait)
    sendings = at_once(send, send)
    assert sorted(map(len, sendings)) == [0, 1]
    assert len(mailbox.mails) == 1
    assert fresh(schedule).last_sent_for is not None


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_it_would_be_sent_twice(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test before."""
    make_schedule()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **how: self)
    monkeypatch.setattr(ReportSchedule, "save", meeting(ReportSchedule.save, 2))
    at_once(send, send)
    assert len(mailbox.mails) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_many_reports(mailbox: Mailbox) -> None:
    for _ in range(6):
        make_schedule()
    sendings = at_once(send, send)
    assert sum(map(len, sendings)) == 6
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == len(mailbox.mails) == 6


def test_the_worker_looks_every_quarter_of_an_hour() -> None:
    scheduled = Schedule.objects.get(name="send reports")
    assert (scheduled.schedule_type, scheduled.minutes) == (Schedule.MINUTES, 15)
    assert scheduled.args == "('send_reports',)"


def test_the_command_says_what_it_did(
    mailbox: Mailbox, capsys: pytest.CaptureFixture[str], clock: time_machine.Traveller
) -> None:
    planned()
    assert call_command("send_reports") == "No report is due."
    clock.move_to(at(MONDAY, "07:00"))
    said = call_command("send_reports")
    assert said == "Weekly attendance by class, 16–22 November 2026: sent to 1"
    assert capsys.readouterr().out.splitlines()[-1] == said
