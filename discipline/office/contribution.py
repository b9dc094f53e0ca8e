"""What discipline brings to the office."""

from discipline.office.ledger import Ledger
from discipline.office.of_people import Points
from discipline.office.voiding import VoidPage
from office.registry import Contribution

CONTRIBUTION = Contribution(views=(VoidPage, Ledger), people_additions=(Points(),))
