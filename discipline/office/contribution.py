"""What discipline brings to the office."""

from accounts.roles import Capability
from discipline.office.figures import incidents_lately
from discipline.office.ledger import LedgerView
from discipline.office.people_additions import Points
from discipline.office.proposals import DecideView, proposals_waiting
from discipline.office.several import RecordSeveral, VoidSeveral
from discipline.office.story import Incidents, Merits, ProposedActs
from discipline.office.suggestions import SuggestionsView
from discipline.office.voiding import VoidMerit, VoidView
from office.registry import Contribution
from office.tasks import FigureFinder, TaskFinder

CONTRIBUTION = Contribution(
    views=(
        VoidView,
        RecordSeveral,
        VoidSeveral,
        VoidMerit,
        LedgerView,
        SuggestionsView,
        DecideView,
    ),
    tasks=(TaskFinder(Capability.MANAGE_DISCIPLINE, proposals_waiting),),
    figures=(FigureFinder(Capability.READ_DISCIPLINE, incidents_lately),),
    people_additions=(Points(),),
    story_sources=(Incidents(), Merits(), ProposedActs()),
)
