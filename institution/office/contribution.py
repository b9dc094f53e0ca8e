"""What settings bring to the office: their pages, and the first steps of the set-up."""

from functools import partial
from typing import Any

from django.urls import reverse

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


def _decide(which: Setting[Any], key: str, title: str, action: str) -> Step:
    return Step(
        key,
        title,
        action,
        page=partial(reverse, "admin:settings_group", args=[GROUP_OF[which.name].key]),
        is_done=partial(is_decided, which),
    )


def _try(group: str, title: str, action: str) -> Step:
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
        _decide(INSTITUTION_NAME, "name", "The name of your school", "Enter it"),
        _decide(INSTITUTION_LOGO, "logo", "Its logo", "Upload it"),
        _decide(INSTITUTION_PRIMARY_COLOUR, "colours", "Its colours", "Choose them"),
        _decide(INSTITUTION_CONTACT, "contact", "Where a found card goes", "Enter it"),
        _decide(CAMPUS_ZONE, "zone", "The time zone of the campus", "Choose it"),
        _decide(CARD_VALIDITY, "validity", "How long cards are valid", "Say it"),
        _try("mail", "E-mail: a test that arrived", "Set it up"),
        _try("sms", "SMS: a test that arrived", "Set it up"),
    ),
)
