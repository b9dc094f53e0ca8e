"""Cards, their life, and the logs of printing and verifying them (contract section 6)."""

import secrets
import uuid
from datetime import datetime
from typing import Any, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left, Right
from django.utils import timezone

from cards.numbers import MAX_LENGTH
from people.models import Person
from people.search import SearchableQuerySet
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student

# Without 0, 1, I, L, O and U: nobody misreads a code or reads a word in it. 16 characters are 78
# bits; with the address in capitals a QR code stays in its compact alphanumeric mode.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 16


def new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


class CardType(models.TextChoices):
    STUDENT = "student"
    STAFF = "staff"
    SECURITY = "security"


# The column that holds a card's holder, by the type of the card.
HOLDER_FIELD = {
    CardType.STUDENT: "student",
    CardType.STAFF: "staff",
    CardType.SECURITY: "security_personnel",
}
HOLDER_MODEL: dict[CardType, type[Person]] = {
    CardType.STUDENT: Student,
    CardType.STAFF: StaffMember,
    CardType.SECURITY: SecurityPersonnel,
}


def _exactly_one_holder() -> Q:
    """The holder's column agrees with the type, and the other two are empty."""
    fits = Q()
    for card_type, field in HOLDER_FIELD.items():
        others = {f"{f}__isnull": True for f in HOLDER_FIELD.values() if f != field}
        fits |= Q(card_type=card_type, **{f"{field}__isnull": False}, **others)
    return fits


class CardQuerySet(SearchableQuerySet["Card"]):
    def current(self) -> Self:
        """Cards that are not retired: at most one a person."""
        return self.filter(retired_at__isnull=True)

    def valid(self, *, at: datetime) -> Self:
        """In use: those of which `Card.refusal` says nothing."""
        unexpired = Q(expiry_date=None) | Q(expiry_date__gt=at)
        return self.current().filter(unexpired, is_active=True)

    def expired(self, *, at: datetime) -> Self:
        return self.current().filter(expiry_date__lte=at, is_active=True)

    def switched_off(self) -> Self:
        return self.current().filter(is_active=False)

    def with_holders(self) -> Self:
        return self.select_related("student", "staff", "security_personnel", "created_by")

    def of(self, holder: Person) -> Self:
        return self.filter(**{HOLDER_FIELD[holder_type(holder)]: holder.pk})


def holder_type(holder: Person) -> CardType:
    return next(card_type for card_type, model in HOLDER_MODEL.items() if isinstance(holder, model))


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["search_text", "department", "holder_is_active"],
    # whose was this card when it was tapped? (cards.past)
    meta={
        "indexes": [
            models.Index(fields=["rfid_number"], name="cards_cardevent_number"),
            models.Index(fields=["code"], name="cards_cardevent_code"),
        ]
    },
)
class Card(models.Model):
    """One issue of a card to one person; it is never issued to another."""

    class Reason(models.TextChoices):
        LOST = "lost"
        STOLEN = "stolen"
        DAMAGED = "damaged"
        RETURNED = "returned"
        REPLACED = "replaced"
        EXPIRED = "expired"

    card_uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rfid_number = models.CharField(max_length=MAX_LENGTH, help_text="In canonical form.")
    card_type = models.CharField(max_length=8, choices=CardType)
    student = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="cards"
    )
    staff = models.ForeignKey(
        StaffMember, models.PROTECT, null=True, blank=True, related_name="cards"
    )
    security_personnel = models.ForeignKey(
        SecurityPersonnel, models.PROTECT, null=True, blank=True, related_name="cards"
    )
    is_active = models.BooleanField(default=True, help_text="Off: it opens nothing for now.")
    issued_date = models.DateTimeField(default=timezone.now)
    expiry_date = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_reason = models.CharField(max_length=8, choices=Reason, blank=True, editable=False)
    replaces = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="replaced_by"
    )
    code = models.CharField(max_length=CODE_LENGTH, default=new_code, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Kept by triggers (migration 0002), so that lists search, filter and count on one table.
    search_text = models.TextField(default="", editable=False)
    department = models.CharField(max_length=150, default="", editable=False)
    holder_is_active = models.BooleanField(default=True, editable=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "card_uuid")
        constraints = (
            models.UniqueConstraint(
                models.F("rfid_number"),
                name="cards_card_unique_rfid_number",
                violation_error_message="A card with this number already exists.",
            ),
            models.UniqueConstraint(models.F("code"), name="cards_card_unique_code"),
            models.UniqueConstraint(
                fields=["student"],
                condition=Q(retired_at__isnull=True),
                name="cards_card_one_for_student",
                violation_error_message="Student already has a card",
            ),
            models.UniqueConstraint(
                fields=["staff"],
                condition=Q(retired_at__isnull=True),
                name="cards_card_one_for_staff",
                violation_error_message="Staff member already has a card",
            ),
            models.UniqueConstraint(
                fields=["security_personnel"],
                condition=Q(retired_at__isnull=True),
                name="cards_card_one_for_security",
                violation_error_message="Security personnel already has a card",
            ),
            models.CheckConstraint(
                condition=_exactly_one_holder(),
                name="cards_card_type_matches_holder",
                violation_error_message="A card has one holder, of the card's own type.",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True, retired_reason="")
                | Q(
                    retired_at__isnull=False,
                    is_active=False,
                    retired_reason__in=[
                        "lost",
                        "stolen",
                        "damaged",
                        "returned",
                        "replaced",
                        "expired",
                    ],
                ),
                name="cards_card_retired_with_reason",
                violation_error_message="A retired card is inactive and has a reason.",
            ),
        )
        indexes = (
            # ?search=
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="cards_card_search"),
            # taps at readers that lose the other digits (cards.lookup)
            models.Index(Left("rfid_number", 6), name="cards_card_head"),
            models.Index(Right("rfid_number", 6), name="cards_card_tail"),
            # the first pages in the default order, whole and by each filter
            models.Index(fields=["-created_at", "card_uuid"], name="cards_card_newest"),
            models.Index(fields=["card_type", "-created_at"], name="cards_card_type_newest"),
            models.Index(fields=["is_active", "-created_at"], name="cards_card_active_newest"),
            models.Index(fields=["department", "-created_at"], name="cards_card_dept_newest"),
            # cards lost or stolen in the last days (the office's home page)
            models.Index(
                fields=["-retired_at"],
                condition=Q(retired_reason__in=["lost", "stolen"]),
                name="cards_card_newest_loss",
            ),
        )
        triggers = (
            # Whatever writes (a save, an import, the office, plain SQL): it stays retired.
            pgtrigger.Protect(
                name="retired_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__retired_at__isnull=False)
                & (
                    pgtrigger.Q(new__retired_at__df=pgtrigger.F("old__retired_at"))
                    | pgtrigger.Q(new__retired_reason__df=pgtrigger.F("old__retired_reason"))
                    | pgtrigger.Q(new__is_active=True)
                ),
            ),
            pgtrigger.ReadOnly(
                name="holder_is_fixed",
                fields=["card_type", "student", "staff", "security_personnel", "code"],
            ),
        )

    def __str__(self) -> str:
        return self.rfid_number

    @property
    def holder(self) -> Person:
        holder = getattr(self, HOLDER_FIELD[CardType(self.card_type)])
        assert isinstance(holder, Person)
        return holder

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    def refusal(self, *, at: datetime) -> str:
        """Why this card opens nothing at that time: `retired`, `inactive`, `expired` or ``."""
        if self.is_retired:
            return "retired"
        if not self.is_active:
            return "inactive"
        if self.expiry_date is not None and self.expiry_date <= at:
            return "expired"
        return ""


class CardTally(models.Model):
    """How many cards there are of each kind, as changes that add up.

    Triggers (migration 0003) append a row for each change of a kind, so that counting 100,000
    cards is adding a few numbers and no two writers wait for each other; housekeeping adds the
    rows up.
    """

    card_type = models.CharField(max_length=8)
    is_active = models.BooleanField()
    is_retired = models.BooleanField()
    holder_is_active = models.BooleanField()
    department = models.CharField(max_length=150)
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.card_type}: {self.count:+}"


class HolderSnapshot(models.Model):
    """Whom a log row is about, in words that survive the card and the person's later changes."""

    # Plain, so that it stays when the card's row is deleted.
    card_uuid = models.UUIDField(null=True, db_index=True)
    rfid_number = models.CharField(max_length=MAX_LENGTH, blank=True)
    card_type = models.CharField(max_length=8, choices=CardType)
    student = models.ForeignKey(Student, models.PROTECT, null=True, related_name="+")
    staff = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    security_personnel = models.ForeignKey(
        SecurityPersonnel, models.PROTECT, null=True, related_name="+"
    )
    full_name = models.CharField(max_length=302, blank=True)
    identifier = models.CharField(max_length=50, blank=True)

    class Meta:
        abstract = True


def snapshot(card_type: CardType, holder: Person | None, card: Card | None) -> dict[str, Any]:
    """The fields of a HolderSnapshot."""
    return {
        "card_uuid": card.pk if card else None,
        "rfid_number": card.rfid_number if card else "",
        "card_type": card_type,
        **({HOLDER_FIELD[card_type]: holder} if holder else {}),
        "full_name": holder.full_name if holder else "",
        "identifier": holder.identifier if holder else "",
    }


class PrintJob(models.Model):
    """Many cards printed in the background as one PDF."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    class Layout(models.TextChoices):
        CR80 = "cr80", "Card printer: front, back, front, back"
        A4 = "a4", "A4 sheets of ten, backs mirrored"

    job_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    layout = models.CharField(max_length=4, choices=Layout, default=Layout.CR80)
    card_uuids = models.JSONField()
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField()
    warnings = models.JSONField(default=list)
    file = models.FileField(upload_to="prints/", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True, help_text="When its file was first downloaded.")

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.total} cards, {self.state}"


class IDCardPrintLog(HolderSnapshot):
    """Who printed which card, when, and whether it worked."""

    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    printed_at = models.DateTimeField(default=timezone.now)
    success = models.BooleanField()
    error_message = models.CharField(max_length=300, blank=True)
    job = models.ForeignKey(PrintJob, models.SET_NULL, null=True, related_name="log")

    class Meta:
        verbose_name = "print"
        ordering = ("-printed_at", "-pk")
        indexes = (models.Index(fields=["-printed_at"], name="cards_printlog_newest"),)

    def __str__(self) -> str:
        return f"{self.rfid_number} printed by {self.printed_by}"


class IDCardVerificationLog(HolderSnapshot):
    """Who was looked up, from where, and what the answer was."""

    class Result(models.TextChoices):
        VERIFIED = "verified"
        REFUSED = "refused"
        NOT_FOUND = "not_found"

    asked = models.CharField(max_length=100, help_text="The id or code that was asked for.")
    result = models.CharField(max_length=9, choices=Result)
    reason = models.CharField(max_length=20, blank=True)
    ip_address = models.GenericIPAddressField()
    user_agent = models.CharField(max_length=300, blank=True)
    verified_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "verification"
        ordering = ("-verified_at", "-pk")
        indexes = (models.Index(fields=["-verified_at"], name="cards_verifylog_newest"),)

    def __str__(self) -> str:
        return f"{self.asked}: {self.result}"
