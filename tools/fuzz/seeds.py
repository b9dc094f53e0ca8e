"""One of everything, so that an address with an id in it leads somewhere."""

from datetime import date, time
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from accounts.models import User
from attendance.changes import change_rules
from attendance.models import Absence, Attendance, Holiday, Rulebook, RuleChange, Schedule
from attendance.open_days import Scope
from cards.models import PrintJob
from cards.tests.factories import MAKERS, make_card
from discipline.models import Incident
from kitchen.models import KitchenService, MealPeriod, PeriodVersion
from notifications.models import Guardian, Notice
from people.kinds import kinds
from pos.models import Device, Tap
from pos.services import register_device
from presence.models import RollCall
from presence.services import start_roll_call
from reports.models import ReportSchedule
from staff.kind import STAFF
from students.kind import STUDENT
from students.models import Student
from webhooks.models import Delivery, Webhook
from webhooks.services import create_webhook

PASSWORD = "correct-horse-battery"  # noqa: S105


def make_administrator() -> User:
    return User.objects.create_user(f"fuzz-{uuid4().hex}", PASSWORD, role="administrator")


def make_reader(activity: str = "attendance") -> tuple[Device, str]:
    return register_device(by=None, name="Gate", location="Gate", activity_type=activity)


def known_values(administrator: User) -> dict[str, Any]:
    """By the name that the schema gives it: the id of something that is there.

    `administrator` is somebody else than who asks: it may be disabled on the way.
    """
    people = {kind: MAKERS[kind.key]() for kind in kinds()}
    student, member, day = people[STUDENT], people[STAFF], timezone.localdate()
    card = make_card(student)
    MealPeriod.objects.all().update(is_active=False)
    PeriodVersion.objects.all().update(is_active=False)
    period = MealPeriod.objects.create(name=uuid4().hex, starts_at=time(11), ends_at=time(14))
    incident = Incident.objects.create(
        student=student, incident_description="x", points_deducted=1, recorded_by=administrator
    )
    attendance = Attendance.objects.create(person=student, date=day, status="Present")
    guardian = Guardian.objects.create(student=student, name="Mama", phone="+255754990018")
    webhook, _ = create_webhook(by=None, url="https://webhook.invalid/", events=["tap"])
    return {
        "admin_id": str(administrator.pk),
        **{
            name: str(person.pk)
            for kind, person in people.items()
            for name in (kind.key, kind.uuid_key, kind.card_uuid_key)
        },
        "host": str(member.pk),
        "card_uuid": str(card.pk),
        "card_id": card.rfid_number,
        "card": card.rfid_number,
        "rfid_number": uuid4().hex,
        "attendance_id": str(attendance.pk),
        "code": card.code,
        "schedule_id": str(_schedule(administrator).pk),
        "attendance_schedule_id": str(_evening_classes().pk),
        "staff_attendance_id": str(
            Attendance.objects.create(person=member, date=day, status="Present").pk
        ),
        "holiday_id": str(_holiday(_free_day()).pk),
        "absence_id": str(_absence(student, administrator).absence_id),
        "change_id": str(_rule_change(administrator).pk),
        "period_id": str(period.pk),
        "service_id": str(_meal(student, period).pk),
        "discipline_id": str(incident.pk),
        "guardian_id": str(guardian.pk),
        "notice_id": str(_notice(student, guardian, attendance).pk),
        "pos_id": str(make_reader()[0].pk),
        "tap_id": str(_tap(card.rfid_number).pk),
        "roll_call_id": str(_drill(administrator).pk),
        "webhook_id": str(webhook.pk),
        "delivery_id": str(_delivery(webhook).event_id),
        "job_id": str(PrintJob.objects.create(card_uuids=[], total=0, created_by=administrator).pk),
        "date": day.isoformat(),
    }


def _schedule(administrator: User) -> ReportSchedule:
    schedule = ReportSchedule(
        report="attendance",
        period="weekly",
        recipients=["head@dit.example"],
        created_by=administrator,
    )
    schedule.plan(after=timezone.now())
    schedule.save()
    return schedule


def _evening_classes() -> Schedule:
    schedule = Schedule(name="Evening", sessions=[], applies_to={"class_codes": [uuid4().hex]})
    change_rules(lambda _: schedule.save(), what="Schedule", scope=Scope(), by=None)
    return schedule


def _holiday(day: date) -> Holiday:
    holiday = Holiday(first_day=day, last_day=day, name="x")
    change_rules(lambda _: holiday.save(), what="Holiday", scope=Scope(day, day), by=None)
    return holiday


def _absence(student: Student, by: User) -> Absence:
    today = timezone.localdate()
    absence = Absence(
        person_id=student.pk, first_day=today, last_day=today, reason="x", recorded_by=by
    )
    scope = Scope(today, today)
    change_rules(lambda change: change.add(absence), what="Absence", scope=scope, by=by)
    return absence


def _rule_change(by: User) -> RuleChange:
    book = Rulebook.objects.latest("version")
    return RuleChange.objects.create(what="x", reason="x", rulebook=book, before=[], made_by=by)


def _free_day() -> date:
    """Holidays are one a day."""
    latest = Holiday.objects.order_by("-last_day").values_list("last_day", flat=True).first()
    return date.fromordinal((latest or date(2030, 1, 1)).toordinal() + 1)


def _tap(number: str) -> Tap:
    key = make_reader()[1]
    sent = Client().post(
        "/api/pos/taps/",
        {"card": number},
        content_type="application/json",
        headers={"authorization": f"Device {key}"},
    )
    assert sent.status_code == 201, sent.content
    return Tap.objects.latest("pk")


def _drill(by: User) -> RollCall:
    """There is one at a time."""
    under_way = RollCall.objects.under_way().filter(is_drill=True).first()
    return under_way or start_roll_call(by=by, is_drill=True)


def _meal(student: Student, period: MealPeriod) -> KitchenService:
    return KitchenService.objects.create(
        person=student, period=period, date=timezone.localdate(), service_time=timezone.now()
    )


def _notice(student: Student, guardian: Guardian, day: Attendance) -> Notice:
    return Notice.objects.create(
        student=student,
        guardian=guardian,
        channel="sms",
        kind=Notice.Kind.ARRIVAL,
        event_id=day.pk,
        date=day.date,
        says="Present",
        state=Notice.State.FAILED,
        expires_at=timezone.now(),
    )


def _delivery(webhook: Webhook) -> Delivery:
    return Delivery.objects.create(
        webhook=webhook, event_id=uuid4(), event="tap.denied", occurred_at=timezone.now()
    )
