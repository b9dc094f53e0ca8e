"""The demo goes live only without its logins."""

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Absence, Schedule
from cards.models import Card, CardTally
from cards.tests.factories import make_student
from files.moving import names_in
from notifications.models import Guardian
from people.models import Person
from pos.models import Device, Tap
from presence.models import RollCall
from tools.demo.ending import PASSWORD, users_with_the_demo_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> None:
    """Its people and its logins."""
    call_command("load_demo", without_photos=True, without_taps=True)


def tokens(username: str = "admin") -> int:
    body = {"username": username, "password": PASSWORD}
    return APIClient().post("/api/token/", body).status_code


def test_every_account_with_the_published_password_ends_whatever_it_is_called(demo: None) -> None:
    User.objects.create_user("mary", PASSWORD, role="administrator", full_name="Mary")
    kept = User.objects.create_user("neema", "words-of-her-own-7", role="administrator")
    browser = Client()
    assert browser.login(username="mary", password=PASSWORD)
    call_command("end_demo", people="keep")
    assert not users_with_the_demo_password()
    assert (tokens(), tokens("mary")) == (401, 401)
    assert browser.get("/admin/").status_code == 302
    kept.refresh_from_db()
    assert kept.is_active
    assert Person.objects.count() > 400


def test_tokens_that_were_given_out_end_too(demo: None) -> None:
    body = {"username": "admin", "password": PASSWORD}
    given = APIClient().post("/api/token/", body).json()
    call_command("end_demo", people="keep")
    assert APIClient().post("/api/token/refresh/", {"refresh": given["refresh"]}).status_code == 401
    signed_in = APIClient()
    signed_in.credentials(HTTP_AUTHORIZATION=f"Bearer {given['access']}")
    assert signed_in.get("/api/students/").status_code == 401


def test_an_account_that_chose_its_own_password_is_nobodys_demo(demo: None) -> None:
    admin = User.objects.get(username="admin")
    admin.set_password("words-of-her-own-7")
    admin.save()
    call_command("end_demo", people="keep")
    admin.refresh_from_db()
    assert admin.is_active


def test_everybody_goes_with_all_that_refers_to_them() -> None:
    call_command("load_demo")
    assert list(names_in(default_storage))
    call_command("end_demo", people="remove")
    history = apps.get_model("people.PersonEvent")
    for model in (Person, history, Card, CardTally, Tap, Device, Guardian, Absence, RollCall):
        assert not model.objects.exists(), model
    assert not Schedule.objects.filter(policy_of=None).exists()
    assert not list(names_in(default_storage))
    make_student()


def test_nobody_is_removed_when_somebody_else_has_come(demo: None) -> None:
    make_student()
    with pytest.raises(CommandError, match="not the demo's"):
        call_command("end_demo", people="remove")
    assert Person.objects.count() > 400
    assert tokens() == 200  # nothing was done by halves
