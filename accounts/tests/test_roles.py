"""Who may what: contract section 3, word for word, against every way to ask."""

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import HoldsCapability, Nobody
from accounts.roles import Capability, Role
from people.kinds import kinds

CONTRACT = """
| may | administrator | registration_officer | attendance_admin | kitchen_admin | discipline_admin | reader | anyone |
|---|---|---|---|---|---|---|---|
| cards: all but delete; print; people: create, change, import | yes | yes | no | no | no | no | no |
| cards: delete; administrators; readers; settings | yes | no | no | no | no | no | no |
| people: read | yes | yes | yes | yes | yes | no | no |
| attendance: read / correct, close a day, policy, holidays | yes | read | yes | no | read | no | no |
| meals: read / write, periods | yes | no | no | yes | no | no | no |
| discipline: read / write, void | yes | no | no | no | yes | no | no |
"""  # noqa: E501

# What each row lets do: with "read", and with "yes".
ROWS: dict[str, tuple[set[Capability], set[Capability]]] = {
    "cards: all but delete; print; people: create, change, import": (
        set(),
        {Capability.MANAGE_CARDS, Capability.MANAGE_PEOPLE},
    ),
    "cards: delete; administrators; readers; settings": (set(), {Capability.ADMINISTER}),
    "people: read": (set(), {Capability.READ_PEOPLE}),
    "attendance: read / correct, close a day, policy, holidays": (
        {Capability.READ_ATTENDANCE},
        {Capability.READ_ATTENDANCE, Capability.MANAGE_ATTENDANCE},
    ),
    "meals: read / write, periods": (set(), {Capability.MANAGE_MEALS}),
    "discipline: read / write, void": (set(), {Capability.MANAGE_DISCIPLINE}),
}


def cells() -> list[tuple[str, str, str]]:
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in CONTRACT.split("\n")[1:-1]
    ]
    return [(row[0], who, row[head.index(who)]) for row in rows for who in Role.values]


@pytest.mark.parametrize(("row", "role", "may"), cells())
def test_a_role_may_what_the_contract_says(row: str, role: str, may: str) -> None:
    reading, everything = ROWS[row]
    granted = {"no": set(), "read": reading, "yes": everything}[may]
    user = User(role=role)
    assert {right for right in everything if user.may(right)} == granted


def test_the_table_covers_every_capability() -> None:
    assert set().union(*(everything for _, everything in ROWS.values())) == set(Capability)
    assert {row for row, _, _ in cells()} == set(ROWS)


@pytest.mark.parametrize("role", Role)
def test_a_disabled_user_may_nothing(role: Role) -> None:
    user = User(role=role, is_active=False)
    assert not any(user.may(right) for right in Capability)
    assert not user.is_staff
    assert not user.has_perm("students.view_student")
    assert not user.has_module_perms("students")


PEOPLE = [f"{kind.app_label}.%s_{kind.relation}" for kind in kinds()]


@pytest.mark.parametrize("permission", PEOPLE)
@pytest.mark.parametrize("role", Role)
def test_the_office_shows_people_to_all_and_lets_some_change_them(
    role: Role, permission: str
) -> None:
    user = User(role=role)
    may_write = role in {Role.ADMINISTRATOR, Role.REGISTRATION_OFFICER}
    assert user.has_module_perms(permission.partition(".")[0])
    assert user.has_perm(permission % "view")
    assert user.has_perms([permission % "add", permission % "change"]) == may_write
    assert user.has_perms([permission % "view", permission % "add"]) == may_write


@pytest.mark.parametrize("role", Role)
def test_the_office_shows_administrators_and_strange_apps_to_administrators_only(
    role: Role,
) -> None:
    user = User(role=role)
    for app, model in (("accounts", "user"), ("django_q", "task"), ("elsewhere", "thing")):
        is_administrator = role == Role.ADMINISTRATOR
        assert user.has_module_perms(app) == is_administrator
        assert user.has_perm(f"{app}.view_{model}") == is_administrator
        assert user.has_perm(f"{app}.change_{model}") == is_administrator


@pytest.mark.parametrize("capability", Capability)
def test_a_permission_class_asks_the_same_table(capability: Capability) -> None:
    permission = type("Permission", (HoldsCapability,), {"capability": capability})()
    request = APIView().initialize_request(APIRequestFactory().get("/"))
    for role in Role:
        request.user = User(role=role)
        assert permission.has_permission(request, APIView()) == request.user.may(capability)
    request.user = AnonymousUser()
    assert not permission.has_permission(request, APIView())


def test_a_view_that_names_no_permission_answers_nobody() -> None:
    request = APIView().initialize_request(APIRequestFactory().get("/"))
    request.user = User(role=Role.ADMINISTRATOR)
    assert APIView.permission_classes == [Nobody]
    assert not Nobody().has_permission(request, APIView())
