"""What discipline brings to the office."""

from accounts.roles import Capability
from discipline.office.figures import incidents_lately
from discipline.office.ledger import LedgerView
from discipline.office.merits import VoidMerit
from discipline.office.people_additions import Points
from discipline.office.several import RecordSeveral, VoidSeveral
from discipline.office.story import Incidents, Merits
from discipline.office.suggestions import SuggestionsView
from discipline.office.voiding import VoidView
from office.registry import Contribution
from office.tasks import FigureFinder

CONTRIBUTION = Contribution(
    views=(VoidView, RecordSeveral, VoidSeveral, VoidMerit, LedgerView, SuggestionsView),
    figures=(FigureFinder(Capability.READ_DISCIPLINE, incidents_lately),),
    people_additions=(Points(),),
    story_sources=(Incidents(), Merits()),
)
