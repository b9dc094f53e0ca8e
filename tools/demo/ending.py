"""The demo ends: its logins always, its people if nobody else has come."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection, models, transaction

from accounts.models import TokenFamily, User
from attendance.models import ClosedDay, Holiday, Schedule
from attendance.rulebook import changing_rules
from cards.models import PrintJob
from core.errors import DomainError
from outbox.models import Event
from people.models import Import, Person
from pos.models import Device
from presence.models import RollCall
from tools.demo.people import DemoPeople
from tools.demo.rules import BREAK, SCHEDULES

PASSWORD = "trackxpert-demo"  # noqa: S105  (published: see the contract)


class OthersAreHere(DomainError):
    code = "others_are_here"
    message = (
        "There are people who are not the demo's: keep its people, and switch them off one by one."
    )


@dataclass(frozen=True)
class Ending:
    """What was ended: user names, and how many rows of people and of what refers to them."""

    logins: list[str]
    people: int


def users_with_the_demo_password() -> list[User]:
    """Whoever can sign in with it: it is published, whatever the account is called."""
    users = User.objects.filter(is_active=True).order_by("username")
    return [user for user in users if check_password(PASSWORD, user.password)]


def end_demo(*, remove_people: bool) -> Ending:
    """Take the published password from every account, and all its sessions and tokens with it.

    With `remove_people` everybody goes as well, with all that refers to them, and the readers.
    Raises OthersAreHere if somebody is not the demo's.
    """
    files: set[str] = set()
    with transaction.atomic():
        users = users_with_the_demo_password()
        for user in users:
            user.is_active = False
            user.set_unusable_password()
            user.save(update_fields=["is_active", "password", "password_changed_at", "updated_at"])
        _end_sessions(users)
        removed = 0
        if remove_people:
            _refuse_others()
            removed = Person.objects.count()
            emptied = _about_people()
            files = {name for model in emptied for name in _files_of(model)}
            _empty(emptied)
            _end_rules()
    for name in files:
        default_storage.delete(name)
    return Ending([user.username for user in users], removed)


def _end_sessions(users: Iterable[User]) -> None:
    keys = {str(user.pk) for user in users}
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") in keys:
            session.delete()
    TokenFamily.objects.filter(user__in=users).delete()


def _refuse_others() -> None:
    demo = {sitter.person.identifier for sitter in DemoPeople().everybody()}
    if Person.objects.exclude(identifier__in=demo).exists():
        raise OthersAreHere


def _about_people() -> list[type[models.Model]]:
    """Every model whose rows lead to a person or a reader, with its history; and who they are."""
    about: set[type[Any]] = {
        *(Person, Device, Event, LogEntry, Import, PrintJob, ClosedDay, RollCall)
    }
    every = [model for model in apps.get_models() if model._meta.managed]
    while found := {model for model in every if model not in about and _leads_to(model, about)}:
        about |= found
    return sorted(about, key=lambda model: model._meta.db_table)


def _leads_to(model: type[models.Model], about: set[type[Any]]) -> bool:
    """By a foreign key; a history's key to what it is of counts as well, though not enforced."""
    targets = (field.related_model for field in model._meta.concrete_fields if field.is_relation)
    return any(target in about for target in targets)


def _files_of(model: type[Any]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if isinstance(field, models.FileField):
            yield from filter(None, model.objects.values_list(field.name, flat=True))


def _empty(emptied: Iterable[type[models.Model]]) -> None:
    quoted = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in emptied)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a checked table can be emptied
        # Every table is asked for at once, and on a busy machine the autovacuum may be at one.
        cursor.execute("SET LOCAL lock_timeout = '1min'")
        cursor.execute(f"TRUNCATE {quoted} RESTART IDENTITY")


def _end_rules() -> None:
    """The hours and holidays of people who are gone; the country's holidays stay."""
    names = [schedule["name"] for schedule in SCHEDULES]
    with changing_rules(what="The demo ended", by=None):
        Schedule.objects.filter(policy_of=None, name__in=names).delete()
        Holiday.objects.filter(name=BREAK).delete()
