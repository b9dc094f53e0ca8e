"""What cards bring to the office."""

from cards.desk.pages import EnrolmentDesk
from cards.office.deeds import IssueToOne, PrintOne, Replace, Retire, SwitchOff, SwitchOn
from cards.office.ending import ReplaceMany, RetireMany
from cards.office.find import Find
from cards.office.issuing import IssuedPage, IssuePage
from cards.office.of_people import CardsOfPeople
from cards.office.print_pages import ChoosePrint, PrintAgain
from cards.office.tasks import TASKS
from office.registry import Contribution

CONTRIBUTION = Contribution(
    views=(
        Find,
        EnrolmentDesk,
        IssuePage,
        IssueToOne,
        IssuedPage,
        ChoosePrint,
        PrintAgain,
        RetireMany,
        ReplaceMany,
        SwitchOn,
        SwitchOff,
        Retire,
        Replace,
        PrintOne,
    ),
    tasks=TASKS,
    people_additions=(CardsOfPeople(),),
)
