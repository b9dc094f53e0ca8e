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

from accounts.models import User
from accounts.tokens import issue_tokens
from tools.fuzz.seeds import PASSWORD, make_reader
from tools.fuzz.test_operations import EXAMPLES, MEANT, asked, described
from tools.fuzz.test_operations import callers as callers
from tools.fuzz.test_operations import database as database

load_all_checks()

ROLES = ("administrator", "registration_officer", "reader", "nobody")

# Findings that stay, by check and operation, each with its reason.
NAMED: dict[str, dict[str, str]] = {}


def is_named(check: str, case: Case[Any]) -> bool:
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
@pytest.mark.parametrize("role", ROLES)
@described.parametrize()
@asked(max(1, EXAMPLES // 4))
def test_schemathesis_finds_nothing_that_is_not_named(case: Case[Any], role: str) -> None:
    headers = headers_of(role)
    response = case.call(headers=headers)
    if response.status_code in MEANT:
        return
    names = [name for name in CHECKS.get_all_names() if not is_named(name, case)]
    checks: Any = CHECKS.get_by_names(names)
    case.validate_response(response, checks=checks, headers=headers)
