"""What cards bring to the office."""

from accounts.roles import Capability
from cards.desk.views import EnrolmentDeskView
from cards.office.card_actions import IssueToOne, PrintOne, Replace, Retire, SwitchOff, SwitchOn
from cards.office.end_cards import ReplaceMany, RetireMany
from cards.office.figures import cards_today
from cards.office.find import FindView, FindWhileTypingView
from cards.office.hand_out import HandOutView
from cards.office.issue_views import IssuedView, IssueToClassView, IssueToThoseWhoCame
from cards.office.number_list import NumberListView
from cards.office.people_additions import CardsOfPeople
from cards.office.print_views import ChoosePrint, PrintAgain, PrintRest
from cards.office.printer import CardPicture, CardPrinterView, PrinterTestPage, SamplePicture
from cards.office.prolong import ProlongMany
from cards.office.story import Cards, Prints, Verifications
from cards.office.switch import SwitchManyOff, SwitchManyOn
from cards.office.tasks import TASKS
from cards.office.temporary import LendToOne, TakeBack, TemporaryCardsView
from office.registry import Contribution
from office.tasks import FigureFinder

CONTRIBUTION = Contribution(
    views=(
        FindView,
        FindWhileTypingView,
        EnrolmentDeskView,
        IssueToClassView,
        IssueToThoseWhoCame,
        IssueToOne,
        IssuedView,
        HandOutView,
        NumberListView,
        CardPrinterView,
        SamplePicture,
        CardPicture,
        PrinterTestPage,
        ChoosePrint,
        PrintAgain,
        PrintRest,
        ProlongMany,
        SwitchManyOn,
        SwitchManyOff,
        RetireMany,
        ReplaceMany,
        SwitchOn,
        SwitchOff,
        Retire,
        Replace,
        PrintOne,
        LendToOne,
        TakeBack,
        TemporaryCardsView,
    ),
    tasks=TASKS,
    figures=(FigureFinder(Capability.READ_CARDS, cards_today),),
    people_additions=(CardsOfPeople(),),
    story_sources=(Cards(), Prints(), Verifications()),
)
