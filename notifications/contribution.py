"""What notices bring to the office."""

from accounts.roles import Capability
from notifications.admin import GuardiansOfStudents, SayOfContact, SendAgain
from notifications.story import Notices
from notifications.tasks import (
    failed_notices,
    notices_that_wait_for_a_way,
)
from notifications.trying import TryContact, TryMail, TrySms
from office.registry import Contribution
from office.tasks import TaskFinder

CONTRIBUTION = Contribution(
    views=(SendAgain, SayOfContact, TryMail, TrySms, TryContact),
    tasks=(
        TaskFinder(
            Capability.MANAGE_ATTENDANCE, failed_notices, or_else=Capability.MANAGE_DISCIPLINE
        ),
        TaskFinder(
            Capability.READ_ATTENDANCE_NOTICES,
            notices_that_wait_for_a_way,
            or_else=Capability.READ_INCIDENT_NOTICES,
        ),
    ),
    people_additions=(GuardiansOfStudents(),),
    story_sources=(Notices(),),
)
