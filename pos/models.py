"""Readers, and the ledger of every tap (contract section 8)."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import DateTimeField, F, Func, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from accounts.models import User
from accounts.roles import Capability
from attendance.day import MAX_DEBOUNCE, Direction
from cards import standing
from cards.number_formats import NumberFormat
from core.transactions import CurrentTransactionId, TransactionId
from people import standing as people_standing
from people.fields import LineField
from people.models import Person
from people.scope import seen_q
from pos.counts import Counts, CountsField
from pos.events import EventHash, HasHashOf, SeriesHash

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KEY_PREFIX = "txr_"
MAX_EVENT_ID = 64
MAX_TEXT = 200
MAX_FOOD_ITEM = 100
MAX_REASON = 200
MAX_SERIAL = 64
MAX_SERIES = 64
MAX_SEQ = 2**53 - 1

FORMAT_LABELS = {
    NumberFormat.HEX: _("Hex, as on the air: 04A32B1C"),
    NumberFormat.HEX_REV: _("Hex, bytes reversed: 1C2BA304"),
    NumberFormat.DEC_MSB: _("Decimal of the bytes as on the air"),
    NumberFormat.DEC_LSB: _("Decimal of the reversed bytes (most Mifare readers)"),
    NumberFormat.EM_8H10D: _("8H10D: 0013961168 (125 kHz)"),
    NumberFormat.EM_6H8D: _("6H8D: 13961168 (125 kHz, loses digits)"),
    NumberFormat.EM_3_5: _("3+5: 213,02000 (125 kHz, loses digits)"),
    NumberFormat.W26: _("Wiegand 26 (loses digits)"),
    NumberFormat.W26_DEC: _("Wiegand 26 in decimal: 13187812 (loses digits)"),
    NumberFormat.W34: _("Wiegand 34"),
}


def format_choices() -> "list[tuple[str, StrOrPromise]]":
    return [(str(key), label) for key, label in FORMAT_LABELS.items()]


class Activity(models.TextChoices):
    """What a reader is there for."""

    ATTENDANCE = "attendance", _("Attendance")
    FOOD_SERVICE = "food_service", _("Food service")


class Protocol(models.TextChoices):
    """What a reader speaks: ours, or that of a terminal which schools own (`doors`)."""

    TRACKXPERT = "trackxpert", "TrackXpert"
    ZKTECO = "zkteco", _("ZKTeco attendance terminal (ADMS)")
    ZKTECO_ACC = "zkteco_acc", _("ZKTeco access controller (Security PUSH)")
    HIKVISION = "hikvision", _("Hikvision terminal (ISAPI events)")
    MAPPED = "mapped", _("ESP firmware or webhook, by a table of names")
    FRAPPE = "frappe", _("Frappe biometric attendance sync tool")


# They have no key to say who they are, nothing but this number.
KNOWN_BY_SERIAL = (Protocol.ZKTECO, Protocol.ZKTECO_ACC)


class DeviceQuerySet(models.QuerySet["Device"]):
    def with_last_seen(self) -> Self:
        """`last_seen_at`: the later of the last heartbeat and the last tap; `heartbeat` at hand.

        So that a tap need not write it.
        """
        latest = Tap.objects.filter(device=OuterRef("pk")).order_by(*BY_RECEIPT)
        tapped = Subquery(latest.values("received_at")[:1], output_field=DateTimeField())
        seen = Greatest("heartbeat__heard_at", tapped)  # passes over NULL
        return self.select_related("heartbeat").annotate(last_seen_at=seen)

    def with_counts(self) -> Self:
        """`latest_series` at hand, and `to_count`: taps of ids that had been used."""
        waiting = ConflictingTap.objects.to_count().filter(device=OuterRef("pk")).order_by()
        number = waiting.values("device").annotate(number=models.Count("pk")).values("number")
        to_count = Coalesce(Subquery(number), 0)
        return self.prefetch_related("counted_series").annotate(to_count=to_count)

    def with_missing(self) -> Self:
        """`missing`: how many taps of the series that came last have not come."""
        latest = CountedSeries.objects.filter(device=OuterRef("pk"))
        return self.annotate(missing=Coalesce(Subquery(latest.values("missing")[:1]), 0))

    def in_state(self, state: str, *, at: datetime) -> Self:
        """Those of which `Device.state` says so; of readers that `with_last_seen()` brought."""
        heard_since = at - settings.READER_SILENT_AFTER
        conditions = {
            Device.State.OFF: Q(is_active=False),
            Device.State.NEVER: Q(is_active=True, last_seen_at=None),
            Device.State.SILENT: Q(is_active=True, last_seen_at__lt=heard_since),
            Device.State.LIVE: Q(is_active=True, last_seen_at__gte=heard_since),
        }
        return self.filter(conditions[Device.State(state)])

    def that_see_leaving(self) -> Self:
        """Gates in use past which people go out."""
        gates = self.filter(activity_type=Activity.ATTENDANCE, is_active=True, is_muster=False)
        return gates.exclude(direction=Device.Direction.IN)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    exclude=["key_digest"],  # no key in any log; `key_made_at` says when it was rolled
)
class Device(models.Model):
    """A reader at a gate or a hatch."""

    class State(models.TextChoices):
        OFF = "off", pgettext_lazy("reader", "Off")
        NEVER = "never", _("Never seen")
        SILENT = "silent", _("Silent")
        LIVE = "live", pgettext_lazy("reader", "Working")

    class Direction(models.TextChoices):
        IN = "in", _("Only in")
        OUT = "out", _("Only out")
        BOTH = "both", _("Both ways")

    pos_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = LineField(_("name"), max_length=100, help_text=_("For example Main gate 1."))
    location = LineField(
        _("location"), max_length=100, help_text=_("Gate, Kitchen, Admin Desk, ...")
    )
    activity_type = models.CharField(_("activity type"), max_length=12, choices=Activity)
    direction = models.CharField(
        _("direction"),
        max_length=4,
        choices=Direction,
        default=Direction.BOTH,
        help_text=_("Which way people go here, for taps that do not say."),
    )
    number_format = models.CharField(
        _("number format"),
        max_length=7,
        choices=FORMAT_LABELS,
        default=NumberFormat.HEX,
        help_text=_("How this reader spells a chip's number."),
    )
    protocol = models.CharField(
        _("protocol"),
        max_length=10,
        choices=Protocol,
        default=Protocol.TRACKXPERT,
        db_default=Protocol.TRACKXPERT,
        help_text=_("What it speaks. Terminals of other makers have their own."),
    )
    serial_number = LineField(
        _("serial number"),
        max_length=MAX_SERIAL,
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "Of a terminal: as on its plate or in its menu. ZKTeco's are known by it alone."
        ),
    )
    mapping = models.JSONField(
        _("mapping"),
        blank=True,
        default=dict,
        db_default={},
        help_text=_("Where a tap stands in what it sends: for ESP firmware and webhooks."),
    )
    debounce_seconds = models.PositiveSmallIntegerField(
        _("debounce seconds"),
        default=5,
        validators=[MaxValueValidator(MAX_DEBOUNCE)],
        help_text=_("The same card again within so many seconds is the same pass. 0: each counts."),
    )
    is_muster = models.BooleanField(
        _("at a muster point"),
        default=False,
        help_text=_("Its taps mark people safe in a roll-call, and are no passes of a gate."),
    )
    is_active = models.BooleanField(
        _("is active"),
        default=True,
        help_text=_("Off: its key opens nothing, from this moment on."),
    )
    key_digest = models.CharField(max_length=64, editable=False)
    key_made_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DeviceQuerySet.as_manager()

    last_seen_at: datetime | None  # of `with_last_seen()`
    missing: int  # of `with_missing()`

    class Meta:
        verbose_name = _("reader")
        verbose_name_plural = _("readers")
        ordering = ("name", "pos_id")
        constraints = (
            models.UniqueConstraint(models.F("key_digest"), name="pos_device_unique_key"),
            models.CheckConstraint(
                condition=Q(is_muster=False) | Q(activity_type=Activity.ATTENDANCE),
                name="pos_device_no_meals_at_a_muster_point",
                violation_error_message=_("Where people muster, no meals are served."),
            ),
            models.UniqueConstraint(
                models.F("protocol"),
                models.F("serial_number"),
                condition=~Q(serial_number=""),
                name="pos_device_unique_serial_number",
                violation_error_message=_("Another reader has this serial number."),
            ),
            models.CheckConstraint(
                condition=~Q(protocol__in=KNOWN_BY_SERIAL) | ~Q(serial_number=""),
                name="pos_device_known_by_serial_number",
                violation_error_message=_("A terminal of this kind is known by its serial number."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.location})"

    @staticmethod
    def new_key() -> str:
        """256 random bits; shown once, and kept as a digest."""
        return KEY_PREFIX + secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(key: str) -> str:
        """SHA-256: a random key needs no slow hash, and each tap needs a quick one."""
        return hashlib.sha256(key.encode()).hexdigest()

    @property
    def latest_series(self) -> "CountedSeries | None":
        """The one that came last; None of a reader that does not count."""
        return next(iter(self.counted_series.all()), None)

    def state(self, *, at: datetime) -> State:
        """How it is at that time; for a reader that `with_last_seen()` brought."""
        if not self.is_active:
            return self.State.OFF
        if self.last_seen_at is None:
            return self.State.NEVER
        is_silent = self.last_seen_at < at - settings.READER_SILENT_AFTER
        return self.State.SILENT if is_silent else self.State.LIVE


class Heartbeat(models.Model):
    """What a reader last said of itself. Apart from `Device`, so that no tap ever writes it.

    When a reader was last heard of is the later of this and its latest tap in the ledger.
    """

    device = models.OneToOneField(
        Device, models.CASCADE, primary_key=True, related_name="heartbeat"
    )
    heard_at = models.DateTimeField()
    clock_offset_ms = models.BigIntegerField(
        null=True, help_text="Reader's clock minus ours, if it ever said."
    )
    queue_depth = models.PositiveIntegerField(null=True, help_text="Taps that wait in the reader.")
    firmware = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return f"{self.device_id} at {self.heard_at}"


class ClockReading(models.Model):
    """What a reader's clock showed, as its last heartbeat of an hour said; see `pos.clocks`."""

    device = models.ForeignKey(Device, models.CASCADE, db_index=False, related_name="+")
    hour = models.DateTimeField()
    offset_ms = models.BigIntegerField(help_text="Reader's clock minus ours.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["device", "hour"], name="pos_clockreading_once"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} at {self.hour}: {self.offset_ms} ms"


class CountedSeries(models.Model):
    """Which counts of a series of a reader have come: `pos/sql/note_counts.sql` writes it.

    Beside the ledger, and not made of it, so that nobody adds up a year of taps to see a gap.
    """

    device = models.ForeignKey(Device, models.CASCADE, related_name="counted_series")
    series = models.CharField(max_length=MAX_SERIES, blank=True)
    seen = CountsField(help_text="From the first that came: what came before is not known.")
    missing = models.BigIntegerField(help_text="How many between the first and the last.")
    heard_at = models.DateTimeField()

    class Meta:
        ordering = ("-heard_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=["device", "series"], name="pos_countedseries_once"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.series}: {self.missing} missing"

    @property
    def complete_to(self) -> int:
        """Up to this count nothing is missing."""
        first: Counts = self.seen[0]
        return first.last

    @property
    def gaps(self) -> list[Counts]:
        """What is missing, the earliest first."""
        return [Counts(before.last + 1, after.first - 1) for before, after in pairwise(self.seen)]


class IgnoredKeys(models.Model):
    """What a reader said last that we do not know; a reader that is understood has no row."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="+")
    names = ArrayField(models.TextField())
    heard_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.device_id}: {', '.join(self.names)}"


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["digest"],  # no secret in any log
)
class PairingCode(models.Model):
    """The code by which a browser may become this reader: one a reader, gone when it is used.

    A new one takes the place of the old one; what became of each is in the history.
    """

    device = models.OneToOneField(
        Device, models.CASCADE, primary_key=True, related_name="pairing_code"
    )
    digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(models.F("digest"), name="pos_pairingcode_unique_digest"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} until {self.expires_at}"


class Code(models.TextChoices):
    """Why a tap was accepted or denied; stable, for programs."""

    OK = people_standing.OK
    UNKNOWN_CARD = "unknown_card", _("Unknown Card")
    CARD_INACTIVE = standing.CARD_INACTIVE, _("Card Inactive")
    CARD_RETIRED = standing.CARD_RETIRED, _("Card Retired")
    CARD_EXPIRED = standing.CARD_EXPIRED, _("Card Expired")
    CARD_SUSPENDED = standing.CARD_SUSPENDED, _("Card Suspended")
    HOLDER_INACTIVE = people_standing.HOLDER_INACTIVE, _("Holder Inactive")
    NOT_EXPECTED = people_standing.NOT_EXPECTED, _("Not Expected")
    ALREADY_SERVED = "already_served", _("Already Served")
    NO_MEAL_PERIOD = "no_meal_period", _("No Meal Period")
    NOT_ENTITLED = "not_entitled", _("Not Entitled")
    AMBIGUOUS_CARD = "ambiguous_card", _("Ambiguous Card")
    BAD_NUMBER = "bad_number", _("Bad Number")


# In English, whoever is told: `pos.words` has them in Swahili, and so has the catalogue for pages.
MESSAGES = {
    Code.OK: gettext_noop("Accepted."),
    Code.UNKNOWN_CARD: gettext_noop("This card is not known here."),
    Code.CARD_INACTIVE: gettext_noop("This card is switched off."),
    Code.CARD_RETIRED: gettext_noop("This card has been withdrawn."),
    Code.CARD_EXPIRED: gettext_noop("This card has expired."),
    Code.CARD_SUSPENDED: gettext_noop("A temporary card stands in for this card."),
    Code.HOLDER_INACTIVE: gettext_noop("The holder of this card is not active."),
    Code.NOT_EXPECTED: gettext_noop("The holder of this card is not expected at this time."),
    Code.ALREADY_SERVED: gettext_noop("Already served in this meal period."),
    Code.NO_MEAL_PERIOD: gettext_noop("No meal is served at this time."),
    Code.NOT_ENTITLED: gettext_noop("What is served now is not for the holder of this card."),
    Code.AMBIGUOUS_CARD: gettext_noop("This reader cannot tell this card from another."),
    Code.BAD_NUMBER: gettext_noop("The reader did not send a card number."),
}


class Decision(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    DENIED = "denied", _("Denied")


class TimeQuality(models.TextChoices):
    """How far the time is believed at which a tap counts."""

    TRUSTED = "trusted"
    CORRECTED = "corrected"
    SUSPECT = "suspect"


class FiveMinutes(Func):
    """Those in which an instant lies, by their begin."""

    template = "date_bin('5 minutes', %(expressions)s, TIMESTAMPTZ '2000-01-01 00:00+00')"
    output_field = DateTimeField()


STRETCH: Final = F("tap_id").bitrightshift(12)
"""4,096 taps that came in one after another have the same."""
COUNT_STRETCH: Final = F("seq").bitrightshift(10)
"""1,024 counts of a reader have the same."""
MARKS: Final = (
    *("device", "activity", "decision", "code", "is_offline", "is_clock_suspect", "would_deny"),
    *("reader_decision", "is_debounced"),
)
"""What lists ask of a tap and has few values: of those of a reader most have the same."""
# As indexes have the ledger, the latest first.
BY_RECEIPT: Final = (FiveMinutes("received_at").desc(), "-received_at", "-tap_id")
BY_DAY: Final = ("-date", STRETCH.desc(), "-tap_id")
ONE_DAY: Final = timedelta(days=1)
Day = date  # `Tap.date` is a column


class TapQuerySet(models.QuerySet["Tap"]):
    def of_events(self, device: uuid.UUID, event_ids: Iterable[str]) -> Self:
        """What this reader has sent under these ids; of each one, or one of each series."""
        ids = [*event_ids]
        return self.filter(HasHashOf(device, ids), device=device, event_id__in=ids)

    def with_names(self) -> Self:
        """The reader and the holder of each, and whether it was taken back, in the same query."""
        return self.select_related("device", "person", "annulment")

    def seen_by(self, user: User) -> Self:
        """The taps of the activities that this user's role reads, and of people they know of."""
        sees = {
            Activity.ATTENDANCE: user.may(Capability.READ_ATTENDANCE),
            Activity.FOOD_SERVICE: user.may(Capability.READ_MEALS),
        }
        hidden = [activity for activity, is_seen in sees.items() if not is_seen]
        taps = self.filter(seen_q(user, "person__"))
        return taps.exclude(activity__in=hidden) if hidden else taps

    def believed(self) -> Self:
        """Neither taken back, nor of somebody whom the reader itself had sent away."""
        return self.filter(annulment=None).exclude(reader_decision=Decision.DENIED)

    def passes(self) -> Self:
        """Those that say where a person is: past a gate, accepted or refused on the way out.

        Whoever is refused on the way out is out all the same. What counts for nothing is none.
        """
        is_out = Q(decision=Decision.DENIED, direction=Direction.OUT)
        return self.believed().filter(
            Q(decision=Decision.ACCEPTED) | is_out,
            activity=Activity.ATTENDANCE,
            person__isnull=False,
            counted_at__isnull=False,
            is_muster=False,
        )

    def sightings(self) -> Self:
        """Those that show where a person was, be it a gate or a hatch."""
        return self.believed().filter(
            decision=Decision.ACCEPTED, person__isnull=False, counted_at__isnull=False
        )

    def at_muster_points(self) -> Self:
        """Those that say that somebody is safe, by whatever card."""
        people = self.believed().filter(is_muster=True, person__isnull=False)
        return people.filter(counted_at__isnull=False)

    def received_since(self, moment: datetime) -> Self:
        stretch = self.alias(stretch=FiveMinutes("received_at"))
        begun = stretch.filter(stretch__gte=FiveMinutes(models.Value(moment)))
        return begun.filter(received_at__gte=moment)

    def counted_between(self, first: datetime, last: datetime) -> Self:
        """Both included; by their days, as the index of people's taps has them.

        A day more on either side, for taps of before the campus changed its zone.
        """
        return self.filter(
            counted_at__gte=first,
            counted_at__lte=last,
            date__gte=timezone.localdate(first) - ONE_DAY,
            date__lte=timezone.localdate(last) + ONE_DAY,
        )

    def found_first(self) -> Self:
        """The same order, by what no index has: they are found by what was asked for instead."""
        by = {"tap_id": F("tap_id") + 0, "-tap_id": (F("tap_id") + 0).desc()}
        keys = self.query.order_by or ("-tap_id",)
        return self.order_by(*(by.get(key, key) if isinstance(key, str) else key for key in keys))

    def of_day(self, day: Day) -> Self:
        """Those that count on this day of a person; a night's are of the next date, too."""
        dated = self.filter(date__in=(day, day + ONE_DAY))
        return dated.filter(Q(day_date=day) | Q(day_date=None, date=day))

    def left_for_review(self) -> Self:
        """Uploaded later by a clock that is not believed: they count on no day."""
        return self.filter(is_clock_suspect=True, counted_at=None)


class Tap(models.Model):
    """One tap of one card, as it was sent and as it was answered. A fact: it never changes.

    But for `is_debounced`, which follows from all taps there are (`pos.double_reads`). It holds no
    name, only whose it was when it happened; that person's card can be replaced, renumbered or
    deleted, and the tap stays theirs.
    """

    tap_id = models.BigAutoField(primary_key=True)
    # Foreign keys without an index of their own: those of Meta serve what is asked for, and each
    # more would cost every tap.
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, db_index=False, related_name="taps"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    event_id = models.CharField(max_length=MAX_EVENT_ID)
    series = models.CharField(
        max_length=MAX_SERIES,
        blank=True,
        db_default="",
        help_text="What the reader changes when its ids and its count begin again.",
    )
    seq = models.BigIntegerField(null=True, help_text="The reader's own count of its taps.")
    content = models.UUIDField(help_text="A digest of what was sent; tells a repeat from a clash.")
    activity = models.CharField(max_length=12, choices=Activity)
    location = models.CharField(max_length=100, blank=True)
    card_text = models.CharField(max_length=MAX_TEXT, help_text="As the reader sent it.")
    number = models.CharField(max_length=64, blank=True, help_text="In canonical form.")
    card_uuid = models.UUIDField(null=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, db_index=False, related_name="+")
    direction = models.CharField(max_length=3, blank=True)
    food_item = models.CharField(max_length=MAX_FOOD_ITEM, blank=True)
    tapped_at = models.DateTimeField(null=True, help_text="By the reader's clock, if it said.")
    received_at = models.DateTimeField(help_text="By our clock.")
    counted_at = models.DateTimeField(null=True, help_text="None: left for review.")
    date = models.DateField(help_text="The day on the campus on which it counts, or was received.")
    is_offline = models.BooleanField()
    is_clock_suspect = models.BooleanField()
    corrected_by_ms = models.BigIntegerField(
        null=True, help_text="How far the reader's clock was ahead; it counts so much earlier."
    )
    is_muster = models.BooleanField(
        db_default=False, help_text="At a muster point: it marks somebody safe."
    )
    decision = models.CharField(max_length=8, choices=Decision)
    code = models.CharField(max_length=15, choices=Code)
    would_deny = models.BooleanField(help_text="It had happened already; live it were denied.")
    reader_decision = models.CharField(
        max_length=8,
        choices=Decision,
        blank=True,
        db_default="",
        help_text="What the reader itself had decided, if it said; denied: counts for nothing.",
    )
    is_debounced = models.BooleanField(
        db_default=False, help_text="The same card read again: the pass of moments before."
    )
    # What the reader was told of the day, to tell it again; the day itself may change later.
    day_status = models.CharField(max_length=7, blank=True)
    day_time = models.DateTimeField(null=True)
    day_date = models.DateField(
        null=True, help_text="The day that it was told of, if it began on another date: a night's."
    )
    service_id = models.UUIDField(null=True)
    # Of whoever is refused a meal: the one that they have had.
    had_service_id = models.UUIDField(null=True)
    # In which order taps became visible; numbers are given before the commit, and overtake.
    transaction_id = TransactionId(db_default=CurrentTransactionId(), editable=False)

    objects = TapQuerySet.as_manager()

    class Meta:
        verbose_name = _("tap")
        verbose_name_plural = _("taps")
        ordering = ("-tap_id",)
        constraints = (
            models.UniqueConstraint(
                EventHash("device", "event_id"),
                SeriesHash("device", "event_id", "series"),
                name="pos_tap_unique_event_of_series",
            ),
            models.CheckConstraint(
                condition=Q(device__isnull=False, entered_by__isnull=True)
                | Q(device__isnull=True, entered_by__isnull=False),
                name="pos_tap_from_a_reader_or_a_person",
            ),
            models.CheckConstraint(
                condition=Q(decision="accepted") | Q(decision="denied", is_offline=False),
                name="pos_tap_offline_is_never_denied",
            ),
        )
        # What each takes of the disk, and which query pays for it: docs/developers.md. Those that
        # end in a stretch of time or of numbers have many rows of one key, which PostgreSQL keeps
        # as one: seven bytes a tap, where an entry of its own takes forty.
        indexes = (
            # what was committed since? (the live feed)
            models.Index(fields=["transaction_id"], name="pos_tap_by_transaction"),
            # when was this reader last heard of? and ?device=
            models.Index(F("device"), FiveMinutes("received_at"), name="pos_tap_of_device"),
            # ?date=, ?from=, ?to=, and any of the marks together: few among many, or none
            models.Index(F("date"), STRETCH, *map(F, MARKS), name="pos_tap_of_day"),
            # where is this person now? (`presence.on_site`), their day, and ?student=, ?card=
            models.Index(
                fields=["person", "date"],
                name="pos_tap_of_person",
                condition=Q(person__isnull=False),
            ),
            # who was at a muster point since? few among many
            models.Index(
                fields=["counted_at"], name="pos_tap_at_muster", condition=Q(is_muster=True)
            ),
            # whose card was unknown? (`pos.reassessing`), and the office's lists of refusals
            models.Index(
                fields=["code", "-tap_id"], name="pos_tap_refused", condition=~Q(code="ok")
            ),
            # between which taps did one get lost?
            models.Index(
                *(F("device"), F("series"), COUNT_STRETCH),
                name="pos_tap_by_count",
                condition=Q(seq__isnull=False),
            ),
            # those by a clock that was corrected: few among many
            models.Index(
                fields=["-tap_id"],
                name="pos_tap_corrected",
                condition=Q(corrected_by_ms__isnull=False),
            ),
        )
        triggers = (
            pgtrigger.Protect(name="facts_stay", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_do_not_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["is_debounced"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_id}: {self.decision}, {self.code}"

    @property
    def happened_at(self) -> datetime:
        """`date` is this one's day on the campus."""
        return self.counted_at or self.received_at

    @property
    def counts_on(self) -> Day:
        """The day of its person that it was told of."""
        return self.day_date or self.date

    @property
    def time_quality(self) -> TimeQuality:
        if self.is_clock_suspect:
            return TimeQuality.SUSPECT
        is_corrected = self.corrected_by_ms is not None
        return TimeQuality.CORRECTED if is_corrected else TimeQuality.TRUSTED

    @property
    def is_annulled(self) -> bool:
        """Of a tap that came with its annulment, it costs no query."""
        return getattr(self, "annulment", None) is not None

    @property
    def is_pass(self) -> bool:
        """As `TapQuerySet.passes` has it, whether it was taken back or not."""
        is_out = self.decision == Decision.DENIED and self.direction == Direction.OUT
        return (
            self.activity == Activity.ATTENDANCE
            and (self.decision == Decision.ACCEPTED or is_out)
            and self.person_id is not None
            and not self.is_muster
            and self.counted_at is not None
            and self.reader_decision != Decision.DENIED
        )


class TapAnnulment(models.Model):
    """That a tap was a mistake: a fact of its own, for the tap stays as it was.

    `annulled_by` None: the reader that had sent the tap took it back.
    """

    tap = models.OneToOneField(Tap, models.PROTECT, primary_key=True, related_name="annulment")
    annulled_at = models.DateTimeField()
    annulled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(annulled_by=None) | ~Q(reason=""),
                name="pos_tapannulment_somebody_says_why",
            ),
        )
        triggers = (
            pgtrigger.Protect(name="facts_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.tap_id} at {self.annulled_at}"


class ConflictingTapQuerySet(models.QuerySet["ConflictingTap"]):
    def to_count(self) -> Self:
        """Those that look like taps of a reader that began its ids again, and count nowhere yet.

        What was erased with a person is nothing to count.
        """
        return self.filter(is_later=True, counted_as=None).exclude(sent={})


class ConflictingTap(models.Model):
    """A tap whose event id had been used for another: refused, and kept for a person to look at.

    A reader whose counter starts again after a flash sends a morning's worth of these; `is_later`
    tells them, and `pos.restarts` counts them.
    """

    device = models.ForeignKey(Device, models.PROTECT, verbose_name=_("device"), related_name="+")
    event_id = models.CharField(_("event id"), max_length=MAX_EVENT_ID)
    series = models.CharField(max_length=MAX_SERIES, blank=True, db_default="")
    content = models.UUIDField()
    sent = models.JSONField()
    received_at = models.DateTimeField()
    is_later = models.BooleanField(
        db_default=False, help_text="Of a later time than the tap that has its event id."
    )
    names_person = models.BooleanField(
        db_default=False, help_text="It names a person, as terminals do, and no card."
    )
    clock_ahead_ms = models.BigIntegerField(
        null=True, help_text="How far the reader's clock was ahead, if it said so."
    )
    # No foreign key: the ledger forgets its rows in time.
    counted_as = models.BigIntegerField(null=True, help_text="The row of the ledger, by now.")
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    counted_at = models.DateTimeField(null=True)

    objects = ConflictingTapQuerySet.as_manager()

    class Meta:
        verbose_name = _("conflicting tap")
        verbose_name_plural = _("conflicting taps")
        ordering = ("-received_at", "-pk")
        constraints = (
            # A reader that goes on repeating it adds nothing.
            models.UniqueConstraint(
                fields=["device", "event_id", "series", "content"],
                name="pos_conflictingtap_once",
            ),
        )
        indexes = (
            # what waits to be counted? (the office's home page)
            models.Index(
                fields=["device", "received_at"],
                name="pos_conflictingtap_to_count",
                condition=Q(is_later=True, counted_as=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.event_id}"
