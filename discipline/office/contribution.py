"""What discipline brings to the office."""

from discipline.office.ledger import LedgerView
from discipline.office.people_additions import Points
from discipline.office.story import Incidents
from discipline.office.voiding import VoidView
from office.registry import Contribution

CONTRIBUTION = Contribution(
    views=(VoidView, LedgerView),
    people_additions=(Points(),),
    story_sources=(Incidents(),),
)
