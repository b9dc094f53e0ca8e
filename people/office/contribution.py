"""What people bring to the office."""

from accounts.roles import Capability
from office.registry import Contribution
from office.tasks import TaskFinder
from people.office.consents import SayConsent
from people.office.imports import (
    DiscardView,
    ImportConfirmView,
    ImportTemplateView,
    RefusedRowsView,
    WithoutRefusedView,
    own_imports_that_wait,
)
from people.office.looks import LooksAtMany, LooksAtPerson

CONTRIBUTION = Contribution(
    views=(
        ImportTemplateView,
        ImportConfirmView,
        DiscardView,
        WithoutRefusedView,
        RefusedRowsView,
        LooksAtPerson,
        LooksAtMany,
        SayConsent,
    ),
    tasks=(TaskFinder(Capability.MANAGE_PEOPLE, own_imports_that_wait),),
)
