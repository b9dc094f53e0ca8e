"""The registration office (`/admin/`): what its pages share.

`site` is the office itself; `rooms` its menu; `tasks` its home page; `lists` the lists and forms of
models; `long_lists` those that are searched among 100,000; `pages` all other pages; `chips` small
pieces that lists show.
"""

from accounts.office.chips import NOTHING, chip, portrait
from accounts.office.lists import (
    DAY_INPUT,
    TIME_INPUT,
    DailyAdmin,
    LatestRows,
    LookOnly,
    OfficeModelAdmin,
)
from accounts.office.pages import OfficePage
from accounts.office.rooms import add_page
from accounts.office.tasks import Task, Tone, task_for

__all__ = [
    "DAY_INPUT",
    "NOTHING",
    "TIME_INPUT",
    "DailyAdmin",
    "LatestRows",
    "LookOnly",
    "OfficeModelAdmin",
    "OfficePage",
    "Task",
    "Tone",
    "add_page",
    "chip",
    "portrait",
    "task_for",
]
