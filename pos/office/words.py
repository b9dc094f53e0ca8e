"""Readers and taps in words that an officer would use."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from office.chips import NOTHING, chip
from office.moments import ago, clock
from office.tasks import Tone
from pos.models import Code, Decision, Device, Heartbeat, Tap, TimeQuality

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STATE_TONES = {
    Device.State.LIVE: Tone.GOOD,
    Device.State.SILENT: Tone.BAD,
    Device.State.NEVER: Tone.WARN,
    Device.State.OFF: Tone.QUIET,
}
CODES = {
    Code.OK: _("Accepted"),
    Code.UNKNOWN_CARD: _("Unknown card"),
    Code.CARD_INACTIVE: _("Card switched off"),
    Code.CARD_RETIRED: _("Card withdrawn"),
    Code.CARD_EXPIRED: _("Card expired"),
    Code.CARD_SUSPENDED: _("Temporary card stands in"),
    Code.HOLDER_INACTIVE: _("Holder not active"),
    Code.NOT_EXPECTED: _("Holder not expected"),
    Code.ALREADY_SERVED: _("Already served"),
    Code.NO_MEAL_PERIOD: _("No meal at that time"),
    Code.NOT_ENTITLED: _("Not for meals"),
    Code.AMBIGUOUS_CARD: _("Could be two cards"),
    Code.BAD_NUMBER: _("No card number"),
}
DIRECTIONS: Mapping[str, "StrOrPromise"] = {
    "in": pgettext_lazy("way", "In"),
    "out": pgettext_lazy("way", "Out"),
    "": NOTHING,
}


def job(device: Device) -> str:
    """`Attendance, both ways`; a hatch has no direction, nor has a muster point."""
    if device.is_muster:
        return gettext("Muster point")
    activity = device.get_activity_type_display()
    if device.activity_type != "attendance":
        return activity
    return f"{activity}, {device.get_direction_display().lower()}"


def state_chip(device: Device, *, now: datetime) -> str:
    state = device.state(at=now)
    return chip(state.label, STATE_TONES[state])


def last_seen(device: Device, *, now: datetime) -> str:
    return ago(device.last_seen_at, now=now) if device.last_seen_at else NOTHING


def heartbeat_of(device: Device) -> Heartbeat | None:
    """None before a reader has sent one."""
    return getattr(device, "heartbeat", None)


def waiting(device: Device) -> str:
    """How many taps wait in it, as it said itself."""
    heartbeat = heartbeat_of(device)
    depth = heartbeat.queue_depth if heartbeat else None
    return NOTHING if depth is None else str(depth)


def clock_chip(device: Device) -> str:
    heartbeat = heartbeat_of(device)
    offset = heartbeat.clock_offset_ms if heartbeat else None
    if offset is None:
        return NOTHING
    is_off = abs(offset) > settings.READER_CLOCK_OFF_MS
    text = f"{offset / 1000:+z.1f} s"
    return chip(gettext("{offset}, wrong").format(offset=text), Tone.WARN) if is_off else text


def decision_chip(tap: Tap) -> str:
    """`Accepted`, or why not; what was denied too late says so."""
    if tap.decision == Decision.DENIED:
        return chip(f"✕ {CODES[Code(tap.code)]}", Tone.BAD)
    if tap.would_deny:
        return chip(f"! {CODES[Code(tap.code)]}", Tone.WARN)
    return chip(f"✓ {CODES[Code.OK]}", Tone.GOOD)


def sender(tap: Tap) -> str:
    if tap.device:
        return tap.device.name
    return gettext("By hand, {user}").format(user=tap.entered_by)


def remarks(tap: Tap) -> list[str]:
    """What is unusual about it; what goes without saying beside another is left out."""
    is_for_review = tap.is_clock_suspect and tap.counted_at is None
    said = {
        gettext("left for review"): is_for_review,
        gettext("would be denied"): tap.would_deny,
        gettext("clock not believed"): tap.is_clock_suspect and not is_for_review,
        gettext("clock corrected"): tap.time_quality == TimeQuality.CORRECTED,
        gettext("uploaded later"): tap.is_offline and not tap.would_deny and not is_for_review,
        gettext("taken back"): tap.is_annulled,
        gettext("read twice"): tap.is_debounced,
        gettext("sent away by the reader"): tap.reader_decision == Decision.DENIED,
    }
    return [remark for remark, is_true in said.items() if is_true]


def remark_chips(tap: Tap) -> str:
    chips = (chip(remark, Tone.WARN) for remark in remarks(tap))
    return format_html_join(" ", "{}", ((each,) for each in chips))


def holder_link(tap: Tap) -> str:
    """The holder's name, leading to their page, which every role may see."""
    person = tap.person
    if person is None:
        return NOTHING
    url = reverse(person.declared.change_page, args=[person.pk])
    return format_html('<a href="{}">{}</a>', url, person.full_name)


def tap_link(tap: Tap) -> str:
    url = reverse("admin:pos_tap_change", args=[tap.pk])
    who = tap.person.full_name if tap.person else tap.card_text
    return format_html('<a href="{}">{}, {}</a>', url, clock(tap.received_at), who)


def in_words(tap: Tap) -> dict[str, object]:
    """A tap in the short list of its reader."""
    return {
        "tap": tap,
        "at": clock(tap.counted_at or tap.received_at),
        "who": tap.person.full_name if tap.person else tap.card_text,
        "decision": decision_chip(tap),
        "remarks": remark_chips(tap),
    }
