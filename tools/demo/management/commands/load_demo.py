from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from attendance.models import Attendance
from cards.models import Card
from core.statistics import tell_of_many
from kitchen.models import KitchenService
from notifications.models import Guardian
from outbox.dispatch import dispatch_events
from people.kinds import kinds
from people.models import Person
from people.photos import set_photo
from pos.models import Tap
from tools.demo.cards import issue_demo_cards
from tools.demo.ending import PASSWORD
from tools.demo.faces import Faces
from tools.demo.people import DemoPeople, Sitter
from tools.demo.students import load_guardians, load_incidents
from tools.demo.taps import load_taps

LOGINS = {
    "admin": (Role.ADMINISTRATOR, "Grace Mwakalinga"),
    "officer": (Role.REGISTRATION_OFFICER, "Baraka Msuya"),
    "attendance": (Role.ATTENDANCE_ADMIN, "Rehema Kessy"),
    "kitchen": (Role.KITCHEN_ADMIN, "Zuhura Shayo"),
    "discipline": (Role.DISCIPLINE_ADMIN, "Emmanuel Nyerere"),
    "head": (Role.LEADERSHIP, "Joyce Mwinuka"),
    "teacher": (Role.CLASS_TEACHER, "Hamisi Lyimo"),
}
# What the lists of the office join.
FILLED = (*(kind.model for kind in kinds()), Card, Tap, Attendance, KitchenService, Guardian)
# Which the teacher has: the first ones by their codes.
CLASSES_OF_TEACHER = 2


class Command(BaseCommand):
    help = (
        "Load the demo: seven logins (password trackxpert-demo), 400 students, 40 staff, 12 guards "
        "with photos, cards for most of them, guardians, incidents and two weeks of taps. "
        "Always the same people; only into an empty database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing if there is data already."
        )
        parser.add_argument(
            "--without-photos", action="store_true", help="People without photos; quicker."
        )
        parser.add_argument(
            "--without-taps", action="store_true", help="Only people and cards; quicker."
        )

    def handle(self, *args: Any, **options: Any) -> str | None:
        if User.objects.exists() or Person.objects.exists():
            if options["if_empty"]:
                return None
            raise CommandError("There is data already: the demo goes into an empty database only.")
        everybody = DemoPeople().everybody()
        with transaction.atomic():
            _save(everybody)
            if not options["without_photos"]:
                _take_photos(everybody)
            taps = 0 if options["without_taps"] else load_taps(now=timezone.now())
            load_incidents(today=timezone.localdate())
            # Nobody is told of what happened before they were known.
            dispatch_events()
            load_guardians()
        tell_of_many(len(everybody), *FILLED)
        return f"Loaded the demo: {len(everybody)} people, {len(LOGINS)} logins, {taps} taps."


def _save(everybody: Iterable[Sitter]) -> None:
    people = [sitter.person for sitter in everybody]
    codes = sorted({person.class_code for person in people if person.class_code})
    classes = {Role.CLASS_TEACHER: codes[:CLASSES_OF_TEACHER]}
    for username, (role, full_name) in LOGINS.items():
        User.objects.create_user(
            username, PASSWORD, role=role, classes=classes.get(role, []), full_name=full_name
        )
    for person in people:
        person.save(force_insert=True)
    officer = User.objects.get(username="officer")
    issue_demo_cards(people, by=officer, at=timezone.now())


def _take_photos(everybody: Iterable[Sitter]) -> None:
    """As an officer uploads them; by name as in the lists, so that nobody meets a double there."""
    faces = Faces()
    for sitter in sorted(everybody, key=lambda sitter: (sitter.name.surname, sitter.name.full)):
        if sitter.look:
            picture = faces.deal(sitter.look, group=sitter.group)
            with picture.open("rb") as upload:
                set_photo(person=sitter.person, upload=upload, size=picture.stat().st_size)
