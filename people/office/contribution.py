"""What people bring to the office."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from office.checklist import Step
from office.registry import Contribution
from office.tasks import TaskFinder
from people.kinds import kinds
from people.models import Person
from people.office.changes import UndoDeedView
from people.office.consents import SayConsent
from people.office.import_list import own_imports_that_wait
from people.office.imports import (
    ColumnsView,
    DateOrderView,
    DiscardView,
    DoublesView,
    ImportConfirmView,
    ImportTemplateView,
    RefusedRowsView,
    WithoutRefusedView,
)
from people.office.list_files import ListAsFile, note_whole_list
from people.office.looks import LooksAtMany, LooksAtPerson
from people.office.own_story import Changes, Looks
from people.office.photo_desk import PhotoDesk
from people.office.photos import (
    AlbumConfirmView,
    AlbumPictureView,
    PhotoPartView,
    PhotosView,
)


def _page_of_first_people() -> str:
    """The list of the kind that comes first."""
    return reverse(kinds()[0].list_page)


CONTRIBUTION = Contribution(
    views=(
        ImportTemplateView,
        ImportConfirmView,
        DiscardView,
        ColumnsView,
        DateOrderView,
        DoublesView,
        WithoutRefusedView,
        RefusedRowsView,
        LooksAtPerson,
        LooksAtMany,
        SayConsent,
        UndoDeedView,
        PhotosView,
        PhotoPartView,
        AlbumConfirmView,
        AlbumPictureView,
        PhotoDesk,
        ListAsFile,
    ),
    whole_lists=(note_whole_list,),
    story_sources=(Changes(), Looks()),
    tasks=(TaskFinder(Capability.MANAGE_PEOPLE, own_imports_that_wait),),
    steps=(
        Step(
            "people",
            _("The first people"),
            _("Import or add them"),
            page=_page_of_first_people,
            is_done=Person.objects.exists,
            is_needed=True,
        ),
    ),
)
