"""What the office itself brings."""

from accounts.roles import Capability
from office.background import BackgroundWork, background_work_that_failed
from office.help import Help, HelpPicture
from office.list_views import KeepView
from office.registry import Contribution
from office.sign_ins import tokens_used_twice
from office.tasks import TaskFinder
from office.two_steps import TwoSteps
from office.who_may import WhoMayWhat

CONTRIBUTION = Contribution(
    views=(BackgroundWork, TwoSteps, WhoMayWhat, KeepView, Help, HelpPicture),
    tasks=(
        TaskFinder(Capability.READ_PEOPLE, tokens_used_twice),  # whoever works here
        TaskFinder(Capability.ADMINISTER, background_work_that_failed),
    ),
)
