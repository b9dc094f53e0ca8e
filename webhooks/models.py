"""Receivers, and what is delivered to each: one row for each event and receiver."""

import uuid
from datetime import datetime, timedelta
from typing import Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from institution.declared import RETAIN_WEBHOOK_DELIVERY_DAYS
from institution.reading import setting
from outbox.positions import current_position
from people.fields import LineField
from people.models import Person

MAX_URL = 500
MAX_ANSWER = 500


class EventName(models.TextChoices):
    """What happened, as receivers read it in `type`; the word before the dot is its family."""

    TAP_ACCEPTED = "tap.accepted", _("A tap was accepted")
    TAP_DENIED = "tap.denied", _("A tap was denied")
    TAP_ANNULLED = "tap.annulled", _("A tap was taken back")
    DAY_CHANGED = "day.changed", _("A person's day began or changed")
    DAY_CORRECTED = "day.corrected", _("A day was corrected")
    DAY_CLOSED = "day.closed", _("A day was closed for everybody")
    INCIDENT_RECORDED = "incident.recorded", _("An incident was recorded")
    INCIDENT_VOIDED = "incident.voided", _("An incident was voided")
    CARD_ISSUED = "card.issued", _("A card was issued")
    CARD_SWITCHED = "card.switched", _("A card was switched off or on")
    CARD_RETIRED = "card.retired", _("A card was retired")
    CARD_DELETED = "card.deleted", _("A card was deleted")
    ALERT_READER_SILENT = "alert.reader_silent", _("A reader fell silent")
    ALERT_READER_HEARD = "alert.reader_heard", _("A silent reader is heard again")
    ALERT_LOST_CARD = "alert.lost_card", _("A lost or stolen card was tapped")
    ALERT_UNKNOWN_CARDS = "alert.unknown_cards", _("A reader sends unknown cards in a row")
    ALERT_CLOCK_OFF = "alert.clock_off", _("A reader's clock is more than 2 minutes off")
    ALERT_FAULT_BEGAN = "alert.fault_began", _("Something went wrong with TrackXpert itself")
    ALERT_FAULT_ENDED = "alert.fault_ended", _("A fault of TrackXpert is over")


FAMILIES = (
    ("tap", _("Taps: all of them")),
    ("day", _("Days: all of them")),
    ("incident", _("Incidents: all of them")),
    ("card", _("Cards: all of them")),
    ("alert", _("Alerts: all of them")),
)
CHOICES = [*FAMILIES, *EventName.choices]
"""What a webhook can ask for: a whole family, with what will be added to it, or single events."""


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def to_be_served(self, *, at: datetime) -> Self:
        """Those that nobody serves now and something is due for, the longest unserved first."""
        due = Delivery.objects.due(at=at).filter(webhook=OuterRef("pk"))
        is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
        is_awake = Q(rests_until__isnull=True) | Q(rests_until__lte=at)
        rows = self.active().filter(is_free, is_awake, Exists(due))
        return rows.order_by(F("leased_until").asc(nulls_first=True), "webhook_id")


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    # `events` is what a receiver is told of.
    obj_field=pghistory.ObjForeignKey(related_name="changes"),
    # Neither what a secret is made of, nor how deliveries go, which changes by the minute.
    exclude=[
        *("salt", "secret_digest", "previous_salt", "previous_digest"),
        *("heeds_since", "failures", "failing_since", "rests_until", "leased_until"),
    ],
)
class Webhook(models.Model):
    """A receiver: an address of another program, and what it is told of."""

    class Off(models.TextChoices):
        """Why it was switched off, if not by somebody."""

        GONE = "gone", _("The receiver answered that it is gone (410).")
        FAILING = "failing", _("Nothing could be delivered for too long.")

    webhook_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    url = models.CharField(
        _("url"), max_length=MAX_URL, help_text=_("Where events are posted to; https.")
    )
    description = LineField(
        _("description"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("Whose program it is, and what for."),
    )
    events = ArrayField(
        models.CharField(max_length=25, choices=CHOICES),
        help_text=_("What it is told of."),
        verbose_name=_("events"),
    )
    is_active = models.BooleanField(
        _("is active"),
        default=True,
        help_text=_("Switched off: nothing is sent, and what happens is not kept for it."),
    )
    off_because = models.CharField(
        _("off because"), max_length=7, choices=Off, blank=True, editable=False
    )

    # A secret is made of these and of SECRET_KEY whenever it is needed (`webhooks.signing`).
    salt = models.CharField(max_length=64, editable=False)
    secret_digest = models.CharField(max_length=64, editable=False)
    secret_made_at = models.DateTimeField(default=timezone.now, editable=False)
    previous_salt = models.CharField(max_length=64, blank=True, editable=False)
    previous_digest = models.CharField(max_length=64, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)

    heeds_since = models.DateTimeField(
        default=timezone.now, editable=False, help_text="What was recorded before, is not sent."
    )
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="Tries that failed since the last that did not."
    )
    failing_since = models.DateTimeField(null=True, editable=False)
    rests_until = models.DateTimeField(
        null=True, editable=False, help_text="It failed too often; left alone until then."
    )
    leased_until = models.DateTimeField(
        null=True, editable=False, help_text="Some sender serves it until then, or last did."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("created_at", "webhook_id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(events=[]),
                name="webhooks_webhook_of_something",
                violation_error_message=_("A webhook is told of something."),
            ),
            models.CheckConstraint(
                condition=Q(events__contained_by=[value for value, _ in CHOICES]),
                name="webhooks_webhook_known_events",
            ),
            models.CheckConstraint(
                condition=Q(off_because="")
                | Q(off_because__in=["gone", "failing"], is_active=False),
                name="webhooks_webhook_off_has_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.description or self.url

    def wants(self, name: str) -> bool:
        return name in self.events or name.partition(".")[0] in self.events


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, at: datetime) -> Self:
        """What is to be sent, in its order; also what a process began and never finished."""
        rows = self.filter(state__in=OPEN, next_attempt_at__lte=at)
        return rows.order_by("next_attempt_at", "id")

    def outdated(self, *, at: datetime) -> Self:
        """What has been kept for long enough; nothing, if it is to be kept for ever."""
        days = setting(RETAIN_WEBHOOK_DELIVERY_DAYS)
        if not days:
            return self.none()
        old = self.filter(created_at__lt=at - timedelta(days=days))
        return old.exclude(state=Delivery.State.SENDING)


class Delivery(models.Model):
    """One event for one receiver, and what became of it. The receiver knows it by `event_id`."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    webhook = models.ForeignKey(
        Webhook,
        models.CASCADE,
        db_index=False,
        related_name="deliveries",
        verbose_name=_("webhook"),
    )
    event_id = models.UUIDField(help_text="The event's id: the same with every receiver and try.")
    event = models.CharField(_("event"), max_length=25, choices=EventName)
    occurred_at = models.DateTimeField(_("occurred at"))
    data = models.JSONField(default=dict)
    person = models.ForeignKey(Person, models.PROTECT, null=True, db_index=False, related_name="+")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(
        _("next attempt at"),
        default=timezone.now,
        help_text="While it is being sent: when it is taken for lost and sent again.",
    )
    last_attempt_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(
        _("last status"), null=True, help_text="HTTP status, if any."
    )
    last_answer = models.CharField(max_length=MAX_ANSWER, blank=True, default="")
    reason = models.CharField(
        _("reason"), max_length=200, blank=True, default="", help_text="Why the last try failed."
    )
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ("-id",)
        constraints = (
            # Whatever follows twice: an event is one delivery to a receiver.
            models.UniqueConstraint(
                fields=["webhook", "event_id"], name="webhooks_delivery_once_for_a_webhook"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "sending", "delivered", "failed"]),
                name="webhooks_delivery_known_state",
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | ~Q(state="delivered") & Q(delivered_at__isnull=True),
                name="webhooks_delivery_delivered_has_its_time",
            ),
        )
        indexes = (
            # what is due for this receiver, in its order
            models.Index(
                fields=["webhook", "next_attempt_at", "id"],
                condition=Q(state__in=["pending", "sending"]),
                name="webhooks_delivery_due",
            ),
            # the log of a receiver, whole and of one state
            models.Index(fields=["webhook", "-id"], name="webhooks_delivery_log"),
            models.Index(fields=["webhook", "state", "-id"], name="webhooks_delivery_by_state"),
            # whose data is it? (privacy)
            models.Index(
                fields=["person"],
                condition=Q(person__isnull=False),
                name="webhooks_delivery_of_person",
            ),
            # housekeeping deletes the old ones; they lie in the order of time
            BrinIndex(fields=["created_at"], name="webhooks_delivery_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"

    @property
    def reason_in_words(self) -> str:
        """The sender writes it down in English; what it says in one sentence is translated."""
        return gettext(self.reason) if self.reason else ""


OPEN = (Delivery.State.PENDING, Delivery.State.SENDING)


class Follower(models.Model):
    """How far what was committed has been turned into deliveries: one row (`webhooks.following`),
    made with the first webhook.

    `silent_readers` are those that receivers know to be silent.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    position = models.TextField(help_text="A PostgreSQL snapshot: see outbox.positions.")
    moved_at = models.DateTimeField()
    silent_readers = models.JSONField(default=dict)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="webhooks_follower_only"),)

    def __str__(self) -> str:
        return self.position

    @classmethod
    def begin(cls) -> None:
        """From here on, unless it has begun."""
        start = {"position": current_position(), "moved_at": timezone.now()}
        cls.objects.get_or_create(pk=cls.ONLY, defaults=start)
