"""A morning at a campus, through the generated client: `python example.py ADDRESS`."""

import sys
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from typing import TypeVar
from uuid import uuid4

from trackxpert_client import AuthenticatedClient, Client
from trackxpert_client.api.cards import (
    cards_activate_partial_update,
    cards_create,
    cards_list,
    cards_partial_update,
    cards_print_student_card_retrieve,
    cards_retire_create,
    cards_retrieve,
    cards_verify_student_retrieve,
)
from trackxpert_client.api.pos import pos_devices_create, pos_taps_batch_create, pos_taps_create
from trackxpert_client.api.reports import reports_attendance_retrieve
from trackxpert_client.api.students import students_create
from trackxpert_client.api.token import token_create
from trackxpert_client.models import (
    AttendanceReport,
    BatchAnswer,
    Card,
    CardCreateRequest,
    CardTypeEnum,
    CredentialsRequest,
    DeviceRequest,
    Error,
    NewDevice,
    NotFoundError,
    PaginatedCardList,
    PatchedCardChangeRequest,
    ReaderActivityEnum,
    RetirementReasonEnum,
    RetireRequest,
    Student,
    StudentRequest,
    StudentVerified,
    TapAnswer,
    TapBatchRequest,
    TapDecisionEnum,
    TapRecorded,
    TapRefused,
    TapRequest,
    Tokens,
)
from trackxpert_client.types import File, Response, Unset

T = TypeVar("T")


def expect(kind: type[T], answer: object) -> T:
    if not isinstance(answer, kind):
        raise SystemExit(f"{kind.__name__} was expected, not {answer!r}")
    return answer


def expect_error(status: HTTPStatus, answer: Response[object]) -> None:
    if answer.status_code != status:
        raise SystemExit(f"{status} was expected, not {answer.status_code}: {answer.content!r}")
    expect(NotFoundError if status == HTTPStatus.NOT_FOUND else Error, answer.parsed)


def main(address: str) -> None:
    anybody = Client(base_url=address)
    credentials = CredentialsRequest(username="admin", password="trackxpert-demo")  # noqa: S106
    tokens = expect(Tokens, token_create.sync(client=anybody, body=credentials))
    office = AuthenticatedClient(base_url=address, token=tokens.access)

    student, card = enrol(office)
    tap(office, address, card)
    read(office, card)
    refused(office, anybody, card, student)


def enrol(office: AuthenticatedClient) -> tuple[Student, Card]:
    asked = StudentRequest(
        registration_number=f"DIT/{uuid4().hex[:12].upper()}", first_name="Asha", surname="Mushi"
    )
    student = expect(Student, students_create.sync(client=office, body=asked))
    wish = CardCreateRequest(
        card_type=CardTypeEnum.STUDENT, student_uuid=student.student_uuid, generate_rfid=True
    )
    made = cards_create.sync_detailed(client=office, body=wish)
    card = expect(Card, made.parsed)
    if isinstance(card.student, Unset) or card.student.full_name != student.full_name:
        raise SystemExit(f"The card is not Asha's: {card}")
    pdf = cards_print_student_card_retrieve.sync(card_uuid=card.card_uuid, client=office)
    if not expect(BytesIO, expect(File, pdf).payload).read().startswith(b"%PDF"):
        raise SystemExit("The print is no PDF.")
    return student, card


def tap(office: AuthenticatedClient, address: str, card: Card) -> None:
    gate = DeviceRequest(name="Gate", location="Gate", activity_type=ReaderActivityEnum.ATTENDANCE)
    device = expect(NewDevice, pos_devices_create.sync(client=office, body=gate))
    reader = AuthenticatedClient(base_url=address, token=device.key, prefix="Device")

    came = TapRequest(card=card.rfid_number, event_id="1", tapped_at=datetime.now(UTC))
    answer = expect(TapAnswer, pos_taps_create.sync(client=reader, body=came))
    if answer.decision != TapDecisionEnum.ACCEPTED or answer.holder is None:
        raise SystemExit(f"The gate stayed shut: {answer}")
    unknown = TapRequest(card="04FFFFFFFF", event_id="2")
    denied = expect(TapAnswer, pos_taps_create.sync(client=reader, body=unknown))
    if denied.decision != TapDecisionEnum.DENIED or denied.holder is not None:
        raise SystemExit(f"An unknown card opened the gate: {denied}")

    other_card = TapRequest(card="04FFFFFFFE", event_id="1", tapped_at=came.tapped_at)
    no_card = TapRequest(card="", event_id="3")
    good = TapRequest(card=card.rfid_number, event_id="4")
    items = TapBatchRequest(taps=[came, other_card, no_card, good])
    batch = expect(BatchAnswer, pos_taps_batch_create.sync(client=reader, body=items))
    kinds = [TapRecorded, TapRefused, TapRefused, TapRecorded]
    for kind, result in zip(kinds, batch.results, strict=True):
        expect(kind, result)


def read(office: AuthenticatedClient, card: Card) -> None:
    found = cards_list.sync(client=office, search=card.rfid_number)
    if [row.card_uuid for row in expect(PaginatedCardList, found).results] != [card.card_uuid]:
        raise SystemExit(f"The list does not find the card: {found}")
    expect(AttendanceReport, reports_attendance_retrieve.sync(client=office))


def refused(office: AuthenticatedClient, anybody: Client, card: Card, student: Student) -> None:
    expect_error(
        HTTPStatus.NOT_FOUND, cards_retrieve.sync_detailed(card_uuid=uuid4(), client=office)
    )
    change = PatchedCardChangeRequest(is_active=False)
    stale = cards_partial_update.sync_detailed(
        card_uuid=card.card_uuid, client=office, body=change, if_match='"stale"'
    )
    expect_error(HTTPStatus.PRECONDITION_FAILED, stale)

    for _ in range(100):
        scan = cards_verify_student_retrieve.sync_detailed(
            holder=str(student.student_uuid), client=anybody
        )
        if scan.status_code != HTTPStatus.OK:
            break
        expect(StudentVerified, scan.parsed)
    expect_error(HTTPStatus.TOO_MANY_REQUESTS, scan)
    if int(scan.headers["Retry-After"]) < 1:
        raise SystemExit("Nobody says how long to wait.")

    lost = RetireRequest(reason=RetirementReasonEnum.LOST)
    expect(Card, cards_retire_create.sync(card_uuid=card.card_uuid, client=office, body=lost))
    late = cards_activate_partial_update.sync_detailed(card_uuid=card.card_uuid, client=office)
    expect_error(HTTPStatus.CONFLICT, late)


if __name__ == "__main__":
    main(sys.argv[1])
