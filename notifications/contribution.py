"""What notices bring to the office."""

from accounts.roles import Capability
from notifications.admin import GuardiansOfStudents, SayOfContact, SendAgain
from notifications.story import Notices
from notifications.tasks import failed_notices_of_attendance, failed_notices_of_discipline
from notifications.trying import TryMail, TrySms
from office.registry import Contribution
from office.tasks import TaskFinder

CONTRIBUTION = Contribution(
    views=(SendAgain, SayOfContact, TryMail, TrySms),
    tasks=(
        TaskFinder(Capability.MANAGE_ATTENDANCE, failed_notices_of_attendance),
        TaskFinder(Capability.MANAGE_DISCIPLINE, failed_notices_of_discipline),
    ),
    people_additions=(GuardiansOfStudents(),),
    story_sources=(Notices(),),
)
