"""What readers and taps bring to the office."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from office.checklist import Step
from office.registry import Contribution
from office.tasks import TaskFinder
from pos.day_taps import taps_of_the_day
from pos.models import Device
from pos.office.holder import HolderOfTap
from pos.office.reader_pages import CountThem, NewKey, PairBrowser, Switch
from pos.office.reassessing import CountBeforeEnrolment, TapsBeforeEnrolment, offer_to_count
from pos.office.story import Taps
from pos.office.taking_back import TakeBackView
from pos.office.tasks import (
    readers_that_began_again,
    readers_with_clocks_off,
    readers_with_strays,
    silent_readers,
    taps_left_for_review,
)
from pos.office.teaching import TeachReader
from pos.office.turned_away import turned_away

CONTRIBUTION = Contribution(
    views=(
        NewKey,
        Switch,
        CountThem,
        CountBeforeEnrolment,
        PairBrowser,
        TeachReader,
        TakeBackView,
        HolderOfTap,
    ),
    tasks=(
        TaskFinder(Capability.ADMINISTER, silent_readers),
        TaskFinder(Capability.ADMINISTER, readers_with_strays),
        TaskFinder(Capability.ADMINISTER, readers_with_clocks_off),
        TaskFinder(Capability.READ_TAPS, readers_that_began_again),
        TaskFinder(
            Capability.MANAGE_ATTENDANCE, taps_left_for_review, or_else=Capability.MANAGE_MEALS
        ),
    ),
    people_additions=(TapsBeforeEnrolment(),),
    story_sources=(Taps(),),
    desk_sections=(offer_to_count,),
    steps=(
        Step(
            "reader",
            _("The first reader"),
            _("Add and pair it"),
            page=partial(reverse, "admin:pos_device_changelist"),
            is_done=Device.objects.exists,
            is_needed=True,
        ),
    ),
    meal_sections=(turned_away,),
    day_sections=(taps_of_the_day,),
)
