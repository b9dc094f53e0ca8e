"""Cards, their life, and the logs of printing and verifying them (contract section 6)."""

import re
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Left, Right
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Detail
from cards import standing
from cards.hand_out_models import HandOut, HandOutTakenBack
from cards.numbers import MAX_LENGTH
from cards.standing import CardFacts
from people.kinds import kind_choices, kinds, or_q
from people.models import NAMES_FIRST, Person
from people.search import SearchableQuerySet, may_be_misspelt, words
from people.standing import OK

__all__ = ["HandOut", "HandOutTakenBack"]

# Without 0, 1, I, L, O and U: nobody misreads a code or reads a word in it. 16 characters are 78
# bits; with the address in capitals a QR code stays in its compact alphanumeric mode.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 16
# A chip's number as readers and labels spell it: `04:A3:2B:1C`.
SPELT_CHIP = re.compile(r"(?<![\w:-])[\dA-F]{2}(?:[:-][\dA-F]{2}){2,}(?![\w:-])", re.IGNORECASE)
# Whoever's card ends within this is asked for now: a new one takes some days.
SOON = timedelta(days=30)
# As the log keeps why a card is printed once more, after a jam.
REST_OF_JOB = gettext_noop("From card {first} of {total} on")


def new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


class CardQuerySet(SearchableQuerySet["Card"]):
    def search_as(self, user: User, text: str) -> Self:
        """By number and holder; by the holder alone for whoever does not see numbers."""
        asked = words(text)
        if not asked:
            return self
        if user.sees(Detail.CHIP_NUMBERS):
            found = self.search(text)
            joined = SPELT_CHIP.sub(lambda spelt: re.sub("[:-]", "", spelt[0]), text)
            if joined != text and not found.exists():
                found = self.search(joined)
            if not any(map(may_be_misspelt, asked)) or found.exists():
                return found
        people = Person.objects.search(text)
        return self.filter(person__in=people.order_by().values("pk"))

    def current(self) -> Self:
        """People's own cards that are not retired: at most one a person."""
        return self.filter(retired_at__isnull=True, is_temporary=False)

    def temporary(self) -> Self:
        return self.filter(is_temporary=True)

    def out(self, *, at: datetime) -> Self:
        """Temporary cards that last."""
        return self.temporary().filter(retired_at__isnull=True, expiry_date__gt=at)

    def overdue(self, *, at: datetime) -> Self:
        """Temporary cards whose time is over, and which have not been taken back."""
        return self.temporary().filter(retired_at__isnull=True, expiry_date__lte=at)

    def lent(self, state: str, *, at: datetime) -> Self:
        """Temporary cards of which `Card.lent` says this."""
        if state == Card.Lent.RETURNED:
            return self.temporary().filter(retired_at__isnull=False)
        return self.out(at=at) if state == Card.Lent.OUT else self.overdue(at=at)

    def in_standing(self, *codes: str, at: datetime) -> Self:
        """Cards of which `Card.standing` says one of these."""
        return self.filter(or_q(standing.standing_q(code, at) for code in codes))

    def with_holders(self) -> Self:
        """Whose cards they are, with what only one kind has, and who issued them."""
        own = (f"person__{kind.relation}" for kind in kinds())
        return self.select_related("person", "created_by", *own)

    def by_name(self) -> Self:
        """As stacks are handed out: by department, and in it by their holders' names."""
        return self.order_by("department", *(f"person__{name}" for name in NAMES_FIRST), "pk")

    def of(self, holder: Person) -> Self:
        return self.filter(person=holder.pk)

    def ending_soon(self, *, at: datetime) -> Self:
        """People's own cards that are good, and will not be for long."""
        return self.current().in_standing(OK, at=at).filter(expiry_date__lte=at + SOON)

    def with_printed_name(self) -> Self:
        """And `printed_name`: of the holder, as it was when the card was last printed, or null."""
        prints = IDCardPrintLog.objects.filter(card_uuid=OuterRef("pk"), success=True)
        return self.annotate(printed_name=Subquery(prints.values("full_name")[:1]))

    def printed_with_old_name(self) -> Self:
        printed = self.current().with_printed_name().filter(printed_name__isnull=False)
        return printed.exclude(printed_name=F("person__full_name"))

    def lost_and_not_replaced(self) -> Self:
        """Reported lost or stolen, of a holder who is still here and has no other card since."""
        theirs = Card.objects.current().filter(person=OuterRef("person"))
        losses = (Card.Reason.LOST, Card.Reason.STOLEN)
        lost = self.filter(is_temporary=False, retired_reason__in=losses)
        return lost.filter(~Exists(theirs), holder_is_active=True)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["search_text", "department", "holder_is_active"],
    # whose was this card when it was tapped? (cards.lookup)
    meta={
        "indexes": [
            models.Index(fields=["rfid_number"], name="cards_cardevent_number"),
            models.Index(fields=["code"], name="cards_cardevent_code"),
        ]
    },
)
class Card(models.Model):
    """One issue of a card to one person; it is never issued to another.

    Its chip may be, once it is retired: a pool of temporary cards goes from hand to hand, and each
    time that is another issue, with the same number.
    """

    class Reason(models.TextChoices):
        LOST = "lost", _("Lost")
        STOLEN = "stolen", _("Stolen")
        DAMAGED = "damaged", _("Damaged")
        RETURNED = "returned", _("Returned")
        REPLACED = "replaced", _("Replaced")
        EXPIRED = "expired", pgettext_lazy("card", "Expired")

    class Lent(models.TextChoices):
        """Where a temporary card is."""

        OUT = "out", pgettext_lazy("card", "Out")
        OVERDUE = "overdue", _("Overdue")
        RETURNED = "returned", pgettext_lazy("card", "Ended")

    card_uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rfid_number = models.CharField(
        _("rfid number"), max_length=MAX_LENGTH, help_text="In canonical form."
    )
    card_type = models.CharField(_("card type"), max_length=8, choices=kind_choices)
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="cards", verbose_name=_("person")
    )
    is_active = models.BooleanField(
        _("is active"), default=True, help_text="Off: it opens nothing for now."
    )
    issued_date = models.DateTimeField(_("issued date"), default=timezone.now)
    expiry_date = models.DateTimeField(_("expiry date"), null=True, blank=True)
    is_temporary = models.BooleanField(
        default=False, editable=False, help_text="Lent for some hours; it ends at `expiry_date`."
    )
    # Kept by triggers (sql/suspend_own.sql): the end of the temporary card that the holder has.
    suspended_until = models.DateTimeField(_("suspended until"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True, editable=False)
    retired_reason = models.CharField(
        _("retired reason"), max_length=8, choices=Reason, blank=True, editable=False
    )
    replaces = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="replaced_by"
    )
    code = models.CharField(max_length=CODE_LENGTH, default=new_code, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Kept by triggers (sql/describe_holder.sql): lists search, filter and count on one table.
    search_text = models.TextField(default="", editable=False)
    department = models.CharField(_("department"), max_length=150, default="", editable=False)
    holder_is_active = models.BooleanField(default=True, editable=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        ordering = ("-created_at", "card_uuid")
        constraints = (
            models.UniqueConstraint(
                models.F("rfid_number"),
                condition=Q(retired_at__isnull=True),
                name="cards_card_unique_rfid_number",
                violation_error_message=_("A card with this number already exists."),
            ),
            models.UniqueConstraint(models.F("code"), name="cards_card_unique_code"),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(retired_at__isnull=True, is_temporary=False),
                name="cards_card_one_for_a_person",
                violation_error_message=_("This person already has a card"),
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(retired_at__isnull=True, is_temporary=True),
                name="cards_card_one_temporary_for_a_person",
                violation_error_message=_("This person already has a temporary card"),
            ),
            models.CheckConstraint(
                condition=Q(is_temporary=False) | Q(expiry_date__isnull=False),
                name="cards_card_temporary_ends",
                violation_error_message=_("A temporary card ends at some time."),
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
                violation_error_message=_("A retired card is inactive and has a reason."),
            ),
        )
        indexes = (
            # ?search=
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="cards_card_search"),
            # taps: the card of this number that is not retired, else the last one that was
            models.Index("rfid_number", models.F("retired_at").desc(), name="cards_card_number"),
            # temporary cards by their end: those that are out, and those overdue
            models.Index(
                fields=["expiry_date"],
                condition=Q(is_temporary=True, retired_at__isnull=True),
                name="cards_card_lent",
            ),
            # people's own cards by their end: those that end soon (the office's home page)
            models.Index(
                fields=["expiry_date"],
                condition=Q(is_temporary=False, retired_at__isnull=True),
                name="cards_card_ending",
            ),
            # every temporary card, latest first
            models.Index(
                fields=["-created_at"],
                condition=Q(is_temporary=True),
                name="cards_card_newest_lent",
            ),
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
                fields=["card_type", "person", "code", "is_temporary"],
            ),
        )

    def __str__(self) -> str:
        return self.rfid_number

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    @property
    def is_current(self) -> bool:
        """The own card of its holder."""
        return not self.is_retired and not self.is_temporary

    def lent(self, *, at: datetime) -> str:
        """Of a temporary card: one of `Lent`."""
        if self.is_retired:
            return self.Lent.RETURNED
        is_over = self.expiry_date is not None and self.expiry_date <= at
        return self.Lent.OVERDUE if is_over else self.Lent.OUT

    def standing(self, *, at: datetime) -> str:
        """What a gate would say of this card at that time: `ok`, or a code of section 8."""
        card = CardFacts(self.is_active, self.expiry_date, self.retired_at, self.suspended_until)
        return standing.of_card(card, self.person.facts, at=at)


class CardTally(models.Model):
    """How many cards there are of each kind, as changes that add up.

    Triggers (sql/tally_cards.sql) append a row for each change of a kind, so that counting 100,000
    cards is adding a few numbers and no two writers wait for each other; housekeeping adds the
    rows up.
    """

    card_type = models.CharField(max_length=8)
    is_active = models.BooleanField()
    is_retired = models.BooleanField()
    is_temporary = models.BooleanField(default=False)
    holder_is_active = models.BooleanField()
    department = models.CharField(max_length=150)
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.card_type}: {self.count:+}"


class HolderSnapshot(models.Model):
    """Whom a log row is about, in words that survive the card and the person's later changes."""

    # Plain, so that it stays when the card's row is deleted.
    card_uuid = models.UUIDField(null=True, db_index=True)
    rfid_number = models.CharField(_("rfid number"), max_length=MAX_LENGTH, blank=True)
    card_type = models.CharField(_("card type"), max_length=8, choices=kind_choices)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    full_name = models.CharField(_("full name"), max_length=503, blank=True)
    identifier = models.CharField(_("identifier"), max_length=50, blank=True)

    class Meta:
        abstract = True


def snapshot(kind: str, holder: Person | None, card: Card | None) -> dict[str, Any]:
    """The fields of a HolderSnapshot."""
    return {
        "card_uuid": card.pk if card else None,
        "rfid_number": card.rfid_number if card else "",
        "card_type": kind,
        "person_id": holder.pk if holder else None,
        "full_name": holder.full_name if holder else "",
        "identifier": holder.identifier if holder else "",
    }


class PrintJob(models.Model):
    """Many cards printed in the background as one PDF."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Layout(models.TextChoices):
        CR80 = "cr80", _("Card printer: front, back, front, back")
        A4 = "a4", _("A4 sheets of ten, backs mirrored")

    class Flip(models.TextChoices):
        """On which edge the printer turns a sheet that it prints on both sides."""

        LONG = "long", _("Long edge")
        SHORT = "short", _("Short edge")

    job_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    layout = models.CharField(max_length=4, choices=Layout, default=Layout.CR80)
    first_cell = models.PositiveSmallIntegerField(
        default=1, help_text="Of the first A4 sheet, row by row: those before it are used up."
    )
    flip = models.CharField(max_length=5, choices=Flip, default=Flip.LONG)
    reason = models.CharField(
        _("reason"), max_length=200, blank=True, default="", help_text="Why once more."
    )
    card_uuids = models.JSONField()
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField()
    warnings = models.JSONField(default=list)
    error = models.CharField(max_length=500, blank=True, default="", help_text="Why it failed.")
    file = models.FileField(upload_to="prints/", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True, help_text="When its file was first downloaded.")

    class Meta:
        verbose_name = _("print job")
        verbose_name_plural = _("print jobs")
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(first_cell__range=(1, 10)),
                name="cards_printjob_cell_on_sheet",
                violation_error_message=_("A sheet has ten cells."),
            ),
        )

    def __str__(self) -> str:
        state = self.get_state_display().lower()
        return gettext("{number} cards, {state}").format(number=self.total, state=state)


class PrintLogQuerySet(models.QuerySet["IDCardPrintLog"]):
    def name_on(self, card: Card) -> str:
        """As it was when the card was last printed; nothing if it never was."""
        printed = self.filter(card_uuid=card.pk, success=True)
        return printed.values_list("full_name", flat=True).first() or ""


class IDCardPrintLog(HolderSnapshot):
    """Who printed which card, when, and whether it worked."""

    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    printed_at = models.DateTimeField(_("printed at"), default=timezone.now)
    success = models.BooleanField()
    error_message = models.CharField(_("error message"), max_length=300, blank=True)
    reason = models.CharField(
        _("reason"), max_length=200, blank=True, default="", help_text="Why once more."
    )
    job = models.ForeignKey(
        PrintJob, models.SET_NULL, null=True, related_name="log", verbose_name=_("job")
    )

    objects = PrintLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("print")
        verbose_name_plural = _("prints")
        ordering = ("-printed_at", "-pk")
        indexes = (models.Index(fields=["-printed_at"], name="cards_printlog_newest"),)

    def __str__(self) -> str:
        said = gettext("Card of {name} printed by {user}")
        return said.format(name=self.full_name, user=self.printed_by)

    @property
    def reason_in_words(self) -> str:
        """Why once more; what a jam has left is kept in English."""
        rest = re.fullmatch(REST_OF_JOB.format(first="([0-9]+)", total="([0-9]+)"), self.reason)
        if rest is None:
            return self.reason
        return gettext(REST_OF_JOB).format(first=rest[1], total=rest[2])

    @property
    def error_in_words(self) -> str:
        """What went wrong, which is kept in English."""
        return gettext(self.error_message) if self.error_message else ""


class IDCardVerificationLog(HolderSnapshot):
    """Who was looked up, from where, and what the answer was."""

    class Result(models.TextChoices):
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Refused")
        NOT_FOUND = "not_found", _("Not Found")

    asked = models.CharField(max_length=100, help_text="The id or code that was asked for.")
    result = models.CharField(_("result"), max_length=9, choices=Result)
    reason = models.CharField(_("reason"), max_length=20, blank=True)
    ip_address = models.GenericIPAddressField(_("ip address"))
    user_agent = models.CharField(max_length=300, blank=True)
    verified_at = models.DateTimeField(_("verified at"), default=timezone.now)

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        ordering = ("-verified_at", "-pk")
        indexes = (models.Index(fields=["-verified_at"], name="cards_verifylog_newest"),)

    def __str__(self) -> str:
        return f"{self.asked}: {self.result}"
