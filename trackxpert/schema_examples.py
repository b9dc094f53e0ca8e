"""Examples in the schema, in the words of the demo; a test sends each and compares the answer."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What is sent, and what comes back; whoever is named in it is in the demo's school."""

    path: str
    request: dict[str, Any]
    status: int
    answer: dict[str, Any]
    method: str = "post"


STUDENT_UUID = "0199d2c6-3c4e-7a11-9d52-3f6a1c5e7b90"
CARD_NUMBER = "04A32B1C"
STUDENT = {
    "registration_number": "DIT/2024/01234",
    "first_name": "Asha",
    "surname": "Mushi",
    "class_level": "Year 2",
    "department": "Computer Studies",
}
DENIED = {
    "decision": "denied",
    "code": "unknown_card",
    "message": "This card is not known here.",
    "replayed": False,
    "would_deny": False,
    "clock_suspect": False,
    "time_quality": "trusted",
    "recorded_at": "2026-11-21T07:31:03.120000+03:00",
    "server_time": "2026-11-21T07:31:03.140000+03:00",
    "holder": None,
    "attendance": None,
    "meal": None,
    "served_at": None,
    "served_location": None,
    "ignored": [],
}

EXAMPLES = [
    Example(
        path="/api/token/",
        request={"username": "officer", "password": "trackxpert-demo"},
        status=200,
        answer={"access": "eyJhbGciOiJIUzI1NiJ9.e30.1", "refresh": "eyJhbGciOiJIUzI1NiJ9.e30.2"},
    ),
    Example(
        path="/api/cards/",
        request={
            "card_type": "student",
            "student_uuid": STUDENT_UUID,
            "rfid_number": "04:a3:2b:1c",
        },
        status=201,
        answer={
            "card_uuid": "0199d2c7-11aa-7c02-8f0e-5b1d2e3f4a5b",
            "rfid_number": CARD_NUMBER,
            "card_type": "student",
            "is_active": True,
            "issued_date": "2026-11-21T07:30:00.120000+03:00",
            "expiry_date": None,
            "is_temporary": False,
            "suspended_until": None,
            "retired_at": None,
            "retired_reason": "",
            "created_by": {"username": "officer", "user_type": "registration_officer"},
            "created_at": "2026-11-21T07:30:00.120000+03:00",
            "updated_at": "2026-11-21T07:30:00.120000+03:00",
            "student": {
                "student_uuid": STUDENT_UUID,
                "registration_number": "DIT/2024/01234",
                "full_name": "Asha Mushi",
                "department": "Computer Studies",
            },
        },
    ),
    Example(
        path="/api/pos/taps/",
        request={"card": "04FFFFFFFF", "event_id": "boot7-2"},
        status=201,
        answer={"event_id": "boot7-2", **DENIED},
    ),
    Example(
        path="/api/pos/taps/batch/",
        request={
            "taps": [
                {"card": "04FFFFFFFF", "event_id": "boot7-3"},
                {"card": "04FFFFFFFE", "event_id": "boot7-3"},
            ]
        },
        status=200,
        answer={
            "results": [
                {"status": "created", "event_id": "boot7-3", **DENIED},
                {
                    "event_id": "boot7-3",
                    "status": "conflict",
                    "decision": None,
                    "code": "event_conflict",
                    "message": "This event id was used for another tap. It is kept for review.",
                    "ignored": [],
                },
            ],
            "summary": {"total": 2, "created": 1, "duplicate": 0, "conflict": 1, "rejected": 0},
            "ignored": [],
        },
    ),
]


def add_examples(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A hook of drf-spectacular."""
    for example in EXAMPLES:
        operation = result["paths"][example.path][example.method]
        asked = operation["requestBody"]["content"]["application/json"]
        asked["examples"] = {"demo": {"value": example.request}}
        answered = operation["responses"][str(example.status)]["content"]["application/json"]
        answered["examples"] = {"demo": {"value": example.answer}}
    return result
