"""Who may what: contract section 3, word for word, against every way to ask."""

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import HoldsCapability, Nobody
from accounts.roles import Capability, Detail, Role
from people.kinds import kinds

CONTRACT = """
| may | administrator | registration_officer | attendance_admin | kitchen_admin | discipline_admin | leadership | class_teacher | reader | anyone |
|---|---|---|---|---|---|---|---|---|---|
| cards: all but delete; print; people: create, change, import | yes | yes | no | no | no | read | no | no | no |
| cards: delete; administrators; readers; settings | yes | no | no | no | no | no | no | no | no |
| people: read | yes | yes | yes | yes | yes | yes | own classes | no | no |
| people: phone, e-mail, birth date, guardians; chip numbers; export | yes | yes | no | no | no | yes, no chips | guardians of own | no | no |
| attendance: read / correct, close a day, rules, calendar, absences | yes | read | yes | no | read | read | own: read, correct | no | no |
| meals: read / write, periods | yes | no | no | yes | no | read | no | no | no |
| discipline: read / write, void; points of a student | yes | no | no | no | yes | read | own: read | no | no |
| print and verification logs: read | yes | yes | no | no | no | yes | no | no | no |
"""  # noqa: E501

Right = Capability | Detail

# What each row lets do, by what stands in its cells.
ROWS: dict[str, dict[str, set[Right]]] = {
    "cards: all but delete; print; people: create, change, import": {
        "read": {Capability.READ_CARDS},
        "yes": {Capability.READ_CARDS, Capability.MANAGE_CARDS, Capability.MANAGE_PEOPLE},
    },
    "cards: delete; administrators; readers; settings": {"yes": {Capability.ADMINISTER}},
    "people: read": {"own classes": {Capability.READ_PEOPLE}, "yes": {Capability.READ_PEOPLE}},
    "people: phone, e-mail, birth date, guardians; chip numbers; export": {
        "guardians of own": {Detail.GUARDIANS},
        "yes, no chips": {
            Capability.EXPORT_PEOPLE,
            Detail.PHONE,
            Detail.EMAIL,
            Detail.BIRTH_DATE,
            Detail.GUARDIANS,
        },
        "yes": {Capability.EXPORT_PEOPLE, *(set(Detail) - {Detail.POINTS, Detail.DIET})},
    },
    "attendance: read / correct, close a day, rules, calendar, absences": {
        "read": {Capability.READ_ATTENDANCE},
        "own: read, correct": {Capability.READ_ATTENDANCE, Capability.CORRECT_ATTENDANCE},
        "yes": {
            Capability.READ_ATTENDANCE,
            Capability.CORRECT_ATTENDANCE,
            Capability.MANAGE_ATTENDANCE,
        },
    },
    "meals: read / write, periods": {
        "read": {Capability.READ_MEALS},
        "yes": {Capability.READ_MEALS, Capability.MANAGE_MEALS},
    },
    "discipline: read / write, void; points of a student": {
        "read": {Capability.READ_DISCIPLINE, Detail.POINTS},
        "own: read": {Capability.READ_DISCIPLINE, Detail.POINTS},
        "yes": {Capability.READ_DISCIPLINE, Capability.MANAGE_DISCIPLINE, Detail.POINTS},
    },
    "print and verification logs: read": {"yes": {Capability.READ_CARD_LOGS}},
}
# What the contract's table has no row for; docs/api.md has.
BESIDE_THE_TABLE = {
    Detail.DIET,
    Capability.READ_HISTORY,
    Capability.READ_TAPS,
    Capability.READ_ATTENDANCE_NOTICES,
    Capability.READ_INCIDENT_NOTICES,
    Capability.READ_SCHEDULES,
    Capability.MANAGE_SCHEDULES,
}


def cells() -> list[tuple[str, str, str]]:
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in CONTRACT.split("\n")[1:-1]
    ]
    return [(row[0], who, row[head.index(who)]) for row in rows for who in Role.values]


@pytest.mark.parametrize(("row", "role", "may"), cells())
def test_a_role_may_what_the_contract_says(row: str, role: str, may: str) -> None:
    granted = {"no": set(), **ROWS[row]}[may]
    user = User(role=role)
    rights = ROWS[row]["yes"]
    held = {right for right in rights if isinstance(right, Capability) and user.may(right)}
    seen = {right for right in rights if isinstance(right, Detail) and user.sees(right)}
    assert held | seen == granted


def test_the_table_covers_every_right() -> None:
    told = set().union(*(cells["yes"] for cells in ROWS.values()))
    assert told | BESIDE_THE_TABLE == {*Capability, *Detail}
    assert {row for row, _, _ in cells()} == set(ROWS)


@pytest.mark.parametrize("role", Role)
def test_only_a_class_teacher_is_confined_to_classes(role: Role) -> None:
    classes = User(role=role, classes=["CS2024a"]).own_classes
    assert classes == (["CS2024A"] if role == Role.CLASS_TEACHER else None)


def test_leadership_changes_nothing() -> None:
    changing = [right for right in Capability if right.name.startswith(("MANAGE", "CORRECT"))]
    assert changing
    assert not any(User(role=Role.LEADERSHIP).may(right) for right in changing)


@pytest.mark.parametrize("role", Role)
def test_a_disabled_user_may_nothing(role: Role) -> None:
    user = User(role=role, is_active=False)
    assert not any(user.may(right) for right in Capability)
    assert not any(user.sees(detail) for detail in Detail)
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
