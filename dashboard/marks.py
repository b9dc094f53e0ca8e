"""What the feed says of a tap beside who and where, as small coloured words.

The page shows the taps that there are; a script in it shows those that come. Both go by this list:
a mark is shown where all of its conditions hold for the tap as `live` tells it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.tasks import Tone

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Mark:
    """`when`: `decision=denied offline=true`, each a field and its value as JSON has it."""

    words: "StrOrPromise"
    when: str
    tone: Tone = Tone.QUIET
    icon: str = ""

    def is_on(self, tap: Mapping[str, Any]) -> bool:
        conditions = (condition.partition("=") for condition in self.when.split())
        return all(_as_json(tap[field]) == value for field, _, value in conditions)


MARKS = (
    Mark(_("Refused"), "decision=denied", Tone.BAD, "cross"),
    Mark(
        _("Present"),
        "decision=accepted attendance_status=Present debounced=false annulled=false",
        Tone.GOOD,
        "check",
    ),
    Mark(
        _("Late"),
        "decision=accepted attendance_status=Late debounced=false annulled=false",
        Tone.WARN,
        "clock",
    ),
    Mark(
        _("Absent"),
        "decision=accepted attendance_status=Absent debounced=false annulled=false",
        Tone.BAD,
    ),
    Mark(
        _("Excused"),
        "decision=accepted attendance_status=Excused debounced=false annulled=false",
        Tone.INFO,
    ),
    Mark(
        pgettext_lazy("tap", "Served"),
        "served=true debounced=false annulled=false",
        Tone.GOOD,
        "check",
    ),
    # Shown, so that somebody sees a reader that reads twice; but as no arrival and no meal.
    Mark(_("Read twice"), "debounced=true"),
    Mark(_("Taken back"), "annulled=true", Tone.BAD, "cross"),
    Mark(_("Sent away by the reader"), "reader_decision=denied", Tone.WARN, "alert"),
    Mark(pgettext_lazy("tap", "In"), "direction=in"),
    Mark(pgettext_lazy("tap", "Out"), "direction=out"),
    Mark(_("Sent later"), "offline=true", Tone.INFO),
    Mark(_("Not allowed"), "would_deny=true", Tone.WARN, "alert"),
    Mark(_("Clock not believed"), "clock_suspect=true", Tone.WARN, "alert"),
)


def _as_json(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
