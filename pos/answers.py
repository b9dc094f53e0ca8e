"""What a reader is told of a tap: the same the first time and on every repeat."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pos.models import Code, Decision

MESSAGES = {
    Code.OK: "Accepted.",
    Code.UNKNOWN_CARD: "This card is not known here.",
    Code.CARD_INACTIVE: "This card is switched off.",
    Code.CARD_RETIRED: "This card has been withdrawn.",
    Code.CARD_EXPIRED: "This card has expired.",
    Code.HOLDER_INACTIVE: "The holder of this card is not active.",
    Code.NOT_EXPECTED: "The holder of this card is not expected at this time.",
    Code.ALREADY_SERVED: "Already served in this meal period.",
    Code.NO_MEAL_PERIOD: "No meal is served at this time.",
    Code.NOT_ENTITLED: "This card is not for meals.",
    Code.AMBIGUOUS_CARD: "This reader cannot tell this card from another.",
    Code.BAD_NUMBER: "The reader did not send a card number.",
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who tapped: enough for a guard to compare the face, and nothing else."""

    type: str
    full_name: str
    identifier: str
    photo: str


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    status: str
    attendance_time: datetime | None


@dataclass(frozen=True, slots=True)
class Served:
    service_id: UUID
    period: str | None
    food_item: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`replayed`: this event was answered before. `clock_suspect`: its time is not believed."""

    event_id: str
    decision: Decision
    code: Code
    would_deny: bool
    clock_suspect: bool
    recorded_at: datetime
    replayed: bool = False
    holder: Holder | None = None
    attendance: Day | None = None
    meal: Served | None = None

    @property
    def message(self) -> str:
        return MESSAGES[self.code]
