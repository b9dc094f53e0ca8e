"""What notices bring to the office."""

from accounts.roles import Capability
from notifications.admin import GuardiansOfStudents, SayOfContact, SendAgain
from notifications.story import Notices
from notifications.tasks import (
    failed_notices_of_attendance,
    failed_notices_of_discipline,
    incident_notices_that_wait_for_a_way,
    notices_that_wait_for_a_way,
)
from notifications.trying import TryContact, TryMail, TrySms
from office.registry import Contribution
from office.tasks import TaskFinder

CONTRIBUTION = Contribution(
    views=(SendAgain, SayOfContact, TryMail, TrySms, TryContact),
    tasks=(
        TaskFinder(Capability.MANAGE_ATTENDANCE, failed_notices_of_attendance),
        TaskFinder(Capability.MANAGE_DISCIPLINE, failed_notices_of_discipline),
        TaskFinder(Capability.READ_ATTENDANCE_NOTICES, notices_that_wait_for_a_way),
        TaskFinder(Capability.READ_INCIDENT_NOTICES, incident_notices_that_wait_for_a_way),
    ),
    people_additions=(GuardiansOfStudents(),),
    story_sources=(Notices(),),
)
