"""What the office itself brings."""

from accounts.roles import Capability
from office.background import BackgroundWork, background_work_that_failed
from office.registry import Contribution
from office.tasks import TaskFinder

CONTRIBUTION = Contribution(
    views=(BackgroundWork,),
    tasks=(TaskFinder(Capability.ADMINISTER, background_work_that_failed),),
)
