"""What schemathesis checks by itself, asked by an administrator, an officer, a reader and nobody.

`test_operations` holds every answer against the schema. These find what the schema promises and
the server does not keep: what it allows is taken, what it forbids is refused, a wall is a wall,
and no method is there that it does not name.
"""

import re
from typing import Any

import pytest
from schemathesis import Case
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from accounts.models import User
from accounts.tokens import issue_tokens
from tools.fuzz.seeds import PASSWORD, make_reader
from tools.fuzz.test_operations import EXAMPLES, MEANT, asked, described
from tools.fuzz.test_operations import callers as callers
from tools.fuzz.test_operations import database as database

load_all_checks()

ROLES = ("administrator", "registration_officer", "reader", "nobody")

# Nobody guesses a tag for `If-Match`.
NEVER_GUESSED = {*MEANT, 412}
# Findings that stay: by check, operations as a regular expression, and the reason.
NAMED: dict[str, dict[str, str]] = {
    "unsupported_method": {
        r"GET /(api|v)/.*": "TRACE with a `?format=` that is none is told of the format first.",
    },
    "positive_data_acceptance": {
        r"POST /api/attendance/holidays/": "The day is a holiday already.",
        r"(POST|PUT|PATCH) /api/attendance/policy/": "A day closes after its late limit, and"
        " there is one in the week.",
        r"(POST|PUT|PATCH) /api/attendance/schedules/.*": "Sessions follow one another in a day.",
        r"(POST|PUT|PATCH) /api/attendance/absences/.*": "One person or several people; it lasts"
        " for some time.",
        r"POST /api/attendance/(close|correct|reopen)/": "Days of more than a year ago stay"
        " as they are.",
        r"POST /api/cards/(temporary/)?": "One holder of several keys; a schema can say it, but"
        " the clients that are made from it would not be usable.",
        r"POST /api/cards/bulk-.*": "The same: either a list or a filter, and people who exist.",
        r"GET /api/reports/\w+/": "Either a period, or from and to.",
        r"POST /api/(students|staff|security|visitors)/": "The number is in use; the host exists"
        " or not.",
        r"POST /api/[\w/]+/import/": "Not every file is a spreadsheet.",
        r"POST /api/[\w/]+/photos/": "Not every file is a ZIP.",
        r"POST /api/students/bulk-change/": "Either a list or a filter that says something.",
        r"(PUT|PATCH) /api/(students|staff)/\{\w+\}/": "One of the two names is there.",
        r"POST /auth/admin/\{\w+\}/register-student/?": "The same.",
        r"POST /api/students/\{student_uuid\}/guardians/": "A channel needs its number or address.",
        r"POST /api/discipline/incidents/": "There is no such student.",
        r"POST /api/kitchen/periods/": "A period is on some day, and for people who are here.",
        r"POST /api/kitchen/services/": "A person or a guest, who is entitled to it, and a reason.",
        r"(POST|PUT|PATCH) /api/pos/devices/.*": "Terminals that have a serial number; a table that"
        " names the card.",
        r"POST /api/pos/pair/": "Nobody guesses a pairing code.",
        r"POST /api/webhooks/": "An address of our own network, a list without an event.",
        r"POST /auth/admin/register/": "A password that is too weak.",
    },
    "negative_data_rejection": {
        r"GET /api/.*": "`?to=` and `?is_active=null` are filters that are left out, as forms"
        " send them.",
        r"POST /api/(students|staff|security|visitors|attendance/(holidays|roll-calls)|pos/devices"
        r"|webhooks|reports/schedules)/": 'A number for a text, "yes" for true: said plainly'
        " enough.",
        r"POST /api/pos/(taps|heartbeat)/": "The same, of firmware that cannot be mended.",
        r"POST /api/pos/taps/batch/": "A bad item is rejected by itself and stops no other.",
    },
}

NUL = repr("\0").strip("'")


def is_named(check: str, case: Case[Any]) -> bool:
    # No database has a place for NUL; said of each text, it would hide what else is said of it.
    if check == "positive_data_acceptance" and NUL in f"{case.body!r}{case.query!r}":
        return True
    operations = NAMED.get(check, {})
    return any(re.fullmatch(pattern, case.operation.label) for pattern in operations)


def headers_of(role: str) -> dict[str, str]:
    accept = {"Accept": "application/json"}  # a stream would never end
    if role == "nobody":
        return accept
    if role == "reader":
        return {**accept, "Authorization": f"Device {make_reader()[1]}"}
    user = User.objects.filter(username=f"fuzz-{role}").first() or User.objects.create_user(
        f"fuzz-{role}", PASSWORD, role=role
    )
    return {**accept, "Authorization": f"Bearer {issue_tokens(user=user)['access']}"}


@pytest.mark.usefixtures("callers")
@described.parametrize()
@asked(max(1, EXAMPLES // 8))
def test_schemathesis_finds_nothing_that_is_not_named(case: Case[Any]) -> None:
    names = [name for name in CHECKS.get_all_names() if not is_named(name, case)]
    checks: Any = CHECKS.get_by_names(names)
    for role in ROLES:
        headers = headers_of(role)
        response = case.call(headers=headers)
        if response.status_code in NEVER_GUESSED:
            continue
        try:
            case.validate_response(response, checks=checks, headers=headers)
        except FailureGroup as error:
            raise AssertionError(f"As {role}: {error}") from error
