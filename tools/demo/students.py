"""What the demo knows of some students beside their taps: incidents, and who is told of them."""

from datetime import date, timedelta
from itertools import cycle
from random import Random

from accounts.models import User
from discipline.models import Category
from discipline.services import record_incident, void_incident
from notifications.models import Channel, Guardian
from students.models import Student
from tools.demo.names import DemoName, names

SEED = 20261125
INCIDENTS = 18
VOIDED_EACH = 9
WITH_GUARDIANS = 100
MOTHERLY, FATHERLY = ("mother", "aunt", "sister", "sponsor"), ("father", "uncle", "brother")
HAPPENED = (
    (Category.DRESS, 2, "In the workshop without safety shoes."),
    (Category.LATENESS, 3, "Half an hour late for the third time this week."),
    (Category.DISHONESTY, 15, "A telephone in the examination room."),
    (Category.DAMAGE, 10, "Broke a multimeter and did not say so."),
    (Category.DISRUPTION, 4, "Loud music in the hostel after midnight."),
    (Category.CARD_MISUSE, 5, "Lent the card to a friend at the gate."),
)


def load_incidents(*, today: date) -> None:
    """Of the last two weeks; one in nine was a mistake and is voided."""
    random, officer = Random(SEED), User.objects.get(username="discipline")
    students = random.sample(list(Student.objects.active().order_by("pk")), INCIDENTS)
    for number, (student, happened) in enumerate(zip(students, cycle(HAPPENED), strict=False), 1):
        category, points, description = happened
        incident = record_incident(
            student=student,
            category=category,
            points_deducted=points,
            incident_description=description,
            date_of_incident=today - timedelta(days=random.randrange(14)),
            by=officer,
        )
        if number % VOIDED_EACH == 0:
            void_incident(incident=incident, reason="It was somebody else.", by=officer)


def load_guardians() -> None:
    random = Random(SEED)
    everybody = names(random)
    students = random.sample(list(Student.objects.active().order_by("pk")), WITH_GUARDIANS)
    Guardian.objects.bulk_create(
        _guardian(random, student, name) for student, name in zip(students, everybody, strict=False)
    )


def _guardian(random: Random, student: Student, name: DemoName) -> Guardian:
    return Guardian(
        student=student,
        name=f"{name.first} {student.surname}",
        relationship=random.choice(MOTHERLY if name.is_female else FATHERLY),
        phone=f"+2557{random.randint(10_000_000, 89_999_999)}",
        channels=[Channel.SMS],
        language=random.choice(Guardian.Language.values),
    )
