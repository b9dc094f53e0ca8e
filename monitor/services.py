"""What the monitor does in one step, where /api/ takes two."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.lookup import find_cards
from cards.models import Card
from cards.number_formats import BadNumber, NumberFormat, Reading, as_enrolled, read_number
from cards.services import issue_card
from core.constraints import violations_as_field_errors
from core.errors import DomainError, InvalidFields
from kitchen.by_name import serve_by_name
from people.models import UNIQUE_IDENTIFIER
from pos.models import Code, Decision, TimeQuality
from pos.protocol import MAX_AHEAD, MAX_BEHIND, TapAnswer, TapHolder, TapMeal
from pos.services import BadTime
from students.kind import STUDENT
from students.models import Student


class NoSuchCard(DomainError):
    status_code = 404
    code = "unknown_card"
    message = _("No student has or had this card.")


def register_student(*, fields: dict[str, Any], card: dict[str, Any] | None, by: User) -> Student:
    """A new student, with a card (`rfid_number`, None for a generated one; `expiry_date`) or none.

    Both or neither. Raises InvalidFields; what is wrong with the card is under `card`.
    """
    taken = {UNIQUE_IDENTIFIER: str(STUDENT.number_taken)}
    with transaction.atomic():
        with violations_as_field_errors(Student, taken, STUDENT.api_keys):
            student = Student.objects.create(**fields)
        if card is not None:
            try:
                issue_card(holder=student, by=by, **card)
            except InvalidFields as error:
                raise error.under("card") from error
    return student


def student_of_card(*, card_id: str, seen_by: User) -> Student:
    """Whose card this is, or was before it was retired, by its number or its UUID.

    The number is read as one that is entered by hand for a tap. Raises NoSuchCard, also for the
    card of a student whom `seen_by` may not know of.
    """
    holder = _holder_by_uuid(card_id) or _holder_by_number(card_id)
    students = Student.objects.with_current_card().seen_by(seen_by)
    student = students.filter(pk=holder).first() if holder else None
    if student is None:
        raise NoSuchCard
    return student


def serve_student_by_name(
    *, student: Student, by: User, food_item: str = "", at: datetime | None = None
) -> TapAnswer:
    """A portion without a card, in the caller's name; answered as a tap is, though there is none.

    Raises BadTime as for a tap that is entered, NotServedByName and CapReached.
    """
    now = timezone.now()
    if not now - MAX_BEHIND <= (at or now) <= now + MAX_AHEAD:
        raise BadTime
    meal = serve_by_name(by=by, person=student, food_item=food_item, at=at)
    photo = student.photo.name or ""
    name, number = str(student.full_name), student.identifier
    return TapAnswer(
        event_id=str(meal.pk),
        decision=Decision.ACCEPTED,
        code=Code.OK,
        would_deny=False,
        time_quality=TimeQuality.TRUSTED,
        recorded_at=now,
        holder=TapHolder(student.kind, name, number, photo, student.diet_note),
        meal=TapMeal(meal.pk, meal.period.name if meal.period else None, meal.food_item),
    )


def _holder_by_uuid(card_id: str) -> UUID | None:
    try:
        card = Card.objects.filter(pk=UUID(card_id)).first()
    except ValueError:
        return None
    return card.person_id if card else None


def _holder_by_number(card_id: str) -> UUID | None:
    reading = _reading(card_id)
    cards = find_cards([reading])[reading] if reading else []
    return next((card.holder for card in cards), None)


def _reading(text: str) -> Reading | None:
    try:
        return read_number(text, NumberFormat.HEX)
    except BadNumber:
        return as_enrolled(text)
