"""What terminals of other makers bring to the office."""

from accounts.roles import Capability
from doors.office.pages import KnockingTerminals, MessagesOfTerminal
from doors.office.section import about_terminal
from doors.office.tasks import terminals_that_knock
from office.registry import Contribution
from office.tasks import TaskFinder

CONTRIBUTION = Contribution(
    views=(KnockingTerminals, MessagesOfTerminal),
    tasks=(TaskFinder(Capability.ADMINISTER, terminals_that_knock),),
    reader_sections=(about_terminal,),
)
