"""A class teacher's classes: given by administrators, at each door (contract section 3)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
REGISTER = "/auth/admin/register/"
REFUSED = {"classes": ["Only a class teacher has classes."]}


def address(user: User) -> str:
    return f"/auth/admin/{user.pk}/"


def registration(**fields: Any) -> dict[str, Any]:
    body = {"username": "mwalimu", "password": "correct-horse-battery", "role": "class_teacher"}
    return {**body, **fields}


@pytest.fixture
def teacher(make_user: MakeUser) -> User:
    return make_user("class_teacher", "mwalimu", classes=["IT1", "IT2"])


def test_a_class_teacher_is_registered_with_classes(administrator: APIClient) -> None:
    answer = administrator.post(REGISTER, registration(classes=[" IT1 ", "it1", "EV  2"]))
    assert answer.status_code == 201
    assert answer.json()["classes"] == ["it1", "EV 2"]
    assert User.objects.get(username="mwalimu").own_classes == ["IT1", "EV 2"]


def test_without_classes_there_are_none(administrator: APIClient) -> None:
    assert administrator.post(REGISTER, registration()).json()["classes"] == []


@pytest.mark.parametrize(
    "classes", ["IT1", None, [""], ["x" * 51], [["IT1"]], ["a\x00"], [f"IT{n}" for n in range(101)]]
)
def test_what_is_no_list_of_codes_is_a_400(administrator: APIClient, classes: Any) -> None:
    answer = administrator.post(REGISTER, registration(classes=classes))
    assert (answer.status_code, list(answer.json())) == (400, ["classes"])


def test_nobody_else_has_classes(administrator: APIClient, make_user: MakeUser) -> None:
    answer = administrator.post(REGISTER, registration(role="leadership", classes=["IT1"]))
    assert (answer.status_code, answer.json()) == (400, REFUSED)
    cook = make_user("kitchen_admin")
    answer = administrator.patch(address(cook), {"classes": ["IT1"]})
    assert (answer.status_code, answer.json()) == (400, REFUSED)
    answer = administrator.patch(address(cook), {"classes": []})
    assert answer.status_code == 200


def test_classes_are_changed(administrator: APIClient, teacher: User) -> None:
    answer = administrator.patch(address(teacher), {"classes": ["EV1"]})
    assert answer.json()["classes"] == ["EV1"]
    teacher.refresh_from_db()
    assert teacher.classes == ["EV1"]
    (change, _) = administrator.get(f"{address(teacher)}history/").json()
    assert change["changes"]["classes"] == {"before": ["IT1", "IT2"], "after": ["EV1"]}


def test_whoever_is_no_class_teacher_any_more_has_no_classes(
    administrator: APIClient, teacher: User
) -> None:
    answer = administrator.patch(address(teacher), {"role": "leadership", "classes": ["IT1"]})
    assert (answer.status_code, answer.json()) == (400, REFUSED)
    answer = administrator.patch(address(teacher), {"role": "leadership"})
    assert (answer.status_code, answer.json()["classes"]) == (200, [])


def test_a_teacher_reads_their_own_and_changes_none(
    teacher: User, caller: Callable[[str], APIClient]
) -> None:
    client = caller("mwalimu")
    assert client.get(address(teacher)).json()["classes"] == ["IT1", "IT2"]
    assert client.patch(address(teacher), {"classes": ["EV1"]}).status_code == 403


def test_the_login_names_them(teacher: User, anybody: APIClient) -> None:
    credentials = {"username": "mwalimu", "password": "correct-horse-battery"}
    answer = anybody.post("/auth/admin/login/", credentials).json()
    assert (answer["admin"]["role"], answer["admin"]["classes"]) == (
        "class_teacher",
        ["IT1", "IT2"],
    )


def test_the_database_keeps_classes_with_class_teachers(teacher: User) -> None:
    with pytest.raises(IntegrityError, match="classes_of_a_teacher"), transaction.atomic():
        User.objects.filter(pk=teacher.pk).update(role="leadership")


# --- in the office ------------------------------------------------------------------------------


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    client = Client()
    client.force_login(make_user("administrator"))
    return client


def test_the_office_gives_classes_with_commas_between_them(office: Client) -> None:
    form = {
        "username": "mwalimu",
        "role": "class_teacher",
        "classes": "IT1, it1 , EV 2",
        "password1": "another-horse-battery",
        "password2": "another-horse-battery",
    }
    assert office.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(username="mwalimu").classes == ["it1", "EV 2"]


def test_the_office_changes_them_and_refuses_them_to_others(office: Client, teacher: User) -> None:
    page = f"/admin/accounts/user/{teacher.pk}/change/"
    assert 'value="IT1,IT2"' in office.get(page).content.decode()
    form = {"username": "mwalimu", "role": "class_teacher", "classes": "EV1", "is_active": "on"}
    assert office.post(page, form).status_code == 302
    teacher.refresh_from_db()
    assert teacher.classes == ["EV1"]
    refused = office.post(page, {**form, "role": "kitchen_admin"})
    assert "Only a class teacher has classes." in refused.content.decode()
    assert office.post(page, {**form, "role": "kitchen_admin", "classes": ""}).status_code == 302
    teacher.refresh_from_db()
    assert (teacher.role, teacher.classes) == ("kitchen_admin", [])
