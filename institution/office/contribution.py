"""What settings bring to the office: their pages, and the first steps of the set-up."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from institution.declared import (
    CAMPUS_ZONE,
    CARD_VALIDITY,
    GROUP_OF,
    INSTITUTION_CONTACT,
    INSTITUTION_LOGO,
    INSTITUTION_NAME,
    INSTITUTION_PRIMARY_COLOUR,
)
from institution.office.views import ChangeGroup, History, LeaveStep, Settings
from institution.reading import is_decided
from institution.services import is_tried
from institution.setting import Setting
from office.checklist import Step
from office.registry import Contribution

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _decide(which: Setting[Any], key: str, title: "StrOrPromise", action: "StrOrPromise") -> Step:
    return Step(
        key,
        title,
        action,
        page=partial(reverse, "admin:settings_group", args=[GROUP_OF[which.name].key]),
        is_done=partial(is_decided, which),
    )


def _try(group: str, title: "StrOrPromise", action: "StrOrPromise") -> Step:
    return Step(
        group,
        title,
        action,
        page=partial(reverse, "admin:settings_group", args=[group]),
        is_done=partial(is_tried, group),
    )


CONTRIBUTION = Contribution(
    views=(Settings, History, LeaveStep, ChangeGroup),
    steps=(
        _decide(INSTITUTION_NAME, "name", _("The name of your school"), _("Enter it")),
        _decide(INSTITUTION_LOGO, "logo", _("Its logo"), _("Upload it")),
        _decide(INSTITUTION_PRIMARY_COLOUR, "colours", _("Its colours"), _("Choose them")),
        _decide(INSTITUTION_CONTACT, "contact", _("Where a found card goes"), _("Enter it")),
        _decide(CAMPUS_ZONE, "zone", _("The time zone of the campus"), _("Choose it")),
        _decide(CARD_VALIDITY, "validity", _("How long cards are valid"), _("Say it")),
        _try("mail", _("E-mail: a test that arrived"), _("Set it up")),
        _try("sms", _("SMS: a test that arrived"), _("Set it up")),
    ),
)
