"""People, of whatever kind, and imports of them (contract section 5)."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Prefetch
from django.db.models.expressions import Col
from django.db.models.functions import Trim, Upper
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Detail
from core.pagination import MOST_KEYS
from files.away import delete_on_commit
from people import scope, search, standing
from people.deed_models import Deed, DeedRow
from people.fields import LineField, PhoneField, validate_drawable
from people.kinds import (
    PersonKind,
    kind_choices,
    kind_keys,
    kind_named,
    kind_titles,
    kinds,
    or_q,
)
from people.standing import NOT_EXPECTED, HolderFacts

__all__ = ["Deed", "DeedRow"]
UNIQUE_IDENTIFIER = "people_person_unique_identifier"
UNIQUE_PIN = "people_person_unique_terminal_pin"
NAMES = ("first_name", "middle_name", "surname", "whole_name")
# As lists of people are ordered.
NAMES_FIRST = ("surname", "first_name", "middle_name", "whole_name")
EARLIEST_DAY = date(1900, 1, 1)
LATEST_DAY = date(2100, 1, 1)

P = TypeVar("P", bound="Person")


def photo_path(person: "Person", filename: str) -> str:
    """A new unguessable name for every photo: its address can be cached, and dies with it."""
    return f"photos/{uuid.uuid4().hex}.jpg"


def validate_plausible_day(day: date) -> None:
    if not EARLIEST_DAY <= day < LATEST_DAY:
        raise ValidationError(_("Enter a day between 1900 and 2100."), code="implausible_day")


def validate_plausible_instant(at: datetime) -> None:
    """In whatever zone: a day at either end of what is stored cannot be read in another one."""
    if not EARLIEST_DAY <= at.date() < LATEST_DAY:
        raise ValidationError(_("Enter a time between 1900 and 2100."), code="implausible_instant")


def validate_past_day(day: date) -> None:
    if not EARLIEST_DAY <= day <= timezone.localdate():
        raise ValidationError(_("Enter a day between 1900 and today."), code="implausible_day")


class _OwnKey(models.F):
    """The key in the table of the field that is named.

    A student's is in two; Django takes the student's own, and PostgreSQL reads the indexes of an OR
    together only if all are of one table.
    """

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Col:
        column: Any = super().resolve_expression(*args, **kwargs)
        return Col(column.alias, Person._meta.pk)


class _EqualsAny(models.Func):
    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()


def _is_one_of(keys: models.QuerySet[Any, Any]) -> models.Q:
    """By an index, as the keys are found once and before.

    With `IN` each row would be looked into as soon as there is an OR.
    """
    return models.Q(_EqualsAny(_OwnKey("kind"), ArraySubquery(keys)))


class PersonQuerySet(search.SearchableQuerySet[P]):
    def of_kind(self, kind: PersonKind) -> Self:
        return self.filter(kind=kind.key)

    def of_own_kind(self) -> Self:
        """Of the kind of this model, which goes without saying; but indexes begin with it."""
        kind: PersonKind | None = getattr(self.model, "person_kind", None)
        return self.of_kind(kind) if kind else self

    def active(self) -> Self:
        return self.of_own_kind().filter(is_active=True)

    def seen_by(self, user: object) -> Self:
        """Those that this administrator may know of."""
        return self.filter(scope.seen_q(user))

    def in_standing(self, code: str, *, at: datetime) -> Self:
        """People of whom `people.standing` says this."""
        return self.filter(standing.standing_q(code, at))

    def expected(self, day: date) -> Self:
        """On the roll on this day, active, and of a status with which somebody comes to work."""
        return self.filter(standing.is_expected_q(day))

    def with_values(self, field_name: str, values: Iterable[str]) -> Self:
        """People whose number in this field is one of these, upper and lower case alike."""
        wanted = [value.upper() for value in values]
        people = self.of_own_kind().alias(folded_value=Upper(field_name))
        return people.filter(folded_value__in=wanted)

    def with_own_rows(self) -> Self:
        """Bring what only one kind has along: `Person.own`."""
        return self.select_related(*(kind.relation for kind in kinds()))

    def with_current_card(self) -> Self:
        """Bring each person's card that is not retired along, in one query for all.

        The relation is the `cards` app's: it knows people, and is not known by them.
        """
        cards: Any = Person._meta.get_field("cards").related_model
        current = Prefetch("cards", cards.objects.current(), to_attr="current_cards")
        return self.prefetch_related(current)

    def search(self, text: str) -> Self:
        """People in whose names, numbers and class every word of `text` appears, in any order."""
        return self._found(text, None)

    def search_as(self, user: User, text: str) -> Self:
        """The same, and by what else this user sees: phone, e-mail, and what other apps keep."""
        return self._found(text, user)

    def _found(self, text: str, user: User | None) -> Self:
        """As it was typed; if that is nobody, as a whole phone number, then with slips of keys.

        What is too short for the index is looked for at the beginning of words first.
        """
        asked = search.words(text)
        found = self
        for word in asked:
            found = found.filter(self._has(word, user, begins=search.is_short(word)))
        for further in self._further(text, asked, user):
            if found.is_anybody():
                break
            found = self
            for condition in further:
                found = found.filter(condition)
        return found

    def _further(self, text: str, asked: list[str], user: User | None) -> Iterator[list[models.Q]]:
        if any(map(search.is_short, asked)):
            yield [self._has(word, user) for word in asked]
        if len(asked) > 1 and (digits := search.phone_digits(text)):
            yield [self._has(digits, user)]
        if any(map(search.may_be_misspelt, asked)):
            yield [self._has(word, user, allow_slips=True) for word in asked]

    def is_anybody(self) -> bool:
        """Asked for one, PostgreSQL would go from row to row, as if there were some everywhere."""
        return bool(self.order_by().values("pk")[:MOST_KEYS].count())

    def _has(
        self, word: str, user: User | None, *, begins: bool = False, allow_slips: bool = False
    ) -> models.Q:
        if begins:
            return search.begins_a_word(word)
        own = models.Q(search_text__contains=word)
        if user is not None:
            own |= self._seen_to_have(word, user)
        if not (allow_slips and search.may_be_misspelt(word)):
            return own
        # How many have a word that is like it PostgreSQL takes for far too many, and would go from
        # row to row for the first few; so whoever they are is found on its own.
        alike = Person.objects.filter(own | models.Q(near_words__overlap=search.near(word)))
        return _is_one_of(alike.order_by().values("pk"))

    def _seen_to_have(self, word: str, user: User) -> models.Q:
        """What not everybody may find somebody by."""
        found = models.Q()
        if user.sees(Detail.PHONE) and (digits := search.phone_digits(word)):
            found |= models.Q(phone_number__contains=digits)
        if user.sees(Detail.EMAIL):
            found |= models.Q(email__icontains=word)
        return or_q((found, *map(_is_one_of, search.also_found(user, word))))


def all_seen(people: Collection[UUID], *, by: User) -> bool:
    """Whether whoever these ids name is theirs to know of; an id that is nobody's is not."""
    if by.own_classes is None:
        return True
    return Person.objects.filter(pk__in=people).seen_by(by).count() == len(set(people))


PersonManager = models.Manager.from_queryset(PersonQuerySet)


def _full_name() -> models.Func:
    """The parts that are there, with one space between them."""
    parts = search.joined(*NAMES)
    return Trim(search.Replaced(parts, models.Value(" +"), models.Value(" "), models.Value("g")))


def _known_status() -> models.Q:
    """Each kind has its own."""
    return or_q(models.Q(kind=kind.key, status__in=kind.statuses) for kind in kinds())


def _visit_in_order() -> models.Q:
    """A beginning and a later end, of the kinds whose people come for a visit."""
    at_any_time = models.Q(admitted_from=None, admitted_until=None)
    has_both = models.Q(admitted_from__isnull=False, admitted_until__isnull=False)
    visit = has_both & models.Q(admitted_until__gt=models.F("admitted_from"))
    return or_q(
        models.Q(kind=kind.key) & (visit if kind.has_visit else at_any_time) for kind in kinds()
    )


def _is_another_number() -> pgtrigger.Condition:
    """Instead of one that we have given, which is in somebody's hand."""
    keys = ",".join(kind.key for kind in kinds() if kind.is_number_given)
    is_another = "upper(OLD.identifier) <> upper(NEW.identifier)"
    return pgtrigger.Condition(f"OLD.kind = ANY ('{{{keys}}}') AND {is_another}")


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["full_name", "search_text", "near_words", "more_words"],
)
class Person(models.Model):
    """Somebody who can hold a card. Nobody is ever deleted: `is_active` is switched off.

    What every kind has stands here, and cards, taps, days and logs refer here; what only one kind
    has stands in the table of its own app, whose model inherits from this one.
    """

    person_kind: ClassVar[PersonKind]
    """Of the models that inherit."""
    pgh_event_models: ClassVar[dict[str, Any]]

    person_uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=kind_choices, editable=False)
    identifier = LineField(_("number"), max_length=50)
    first_name = LineField(_("first name"), max_length=100, blank=True, default="")
    middle_name = LineField(_("middle name"), max_length=100, blank=True, default="")
    surname = LineField(_("surname"), max_length=100, blank=True, default="")
    whole_name = LineField(
        _("name"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("Of kinds whose names are kept in one piece."),
    )
    full_name = models.GeneratedField(
        verbose_name=_("full name"),
        expression=_full_name(),
        output_field=models.CharField(max_length=503),
        db_persist=True,
    )
    card_name = LineField(
        _("name on the card"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        validators=[validate_drawable],
        help_text=_(
            "What the card prints if the name itself cannot be: letters that it does not have, "
            "or a name that is too long."
        ),
    )
    class_level = LineField(_("class level"), max_length=50, blank=True, default="")
    class_code = LineField(_("class code"), max_length=50, blank=True, default="")
    department = LineField(_("department"), max_length=150, blank=True, default="")
    status = models.CharField(_("status"), max_length=10, default="Active")
    phone_number = PhoneField(_("phone number"), blank=True, default="")
    email = models.EmailField(_("email"), blank=True, default="")
    diet_note = LineField(
        _("diet note"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("What the kitchen must know, for example Nut allergy. Shown at the hatch."),
    )
    is_active = models.BooleanField(
        _("is active"),
        default=True,
        help_text=_("Switched off when the person has left; the history stays."),
    )
    admitted_from = models.DateTimeField(
        _("expected from"),
        null=True,
        blank=True,
        validators=[validate_plausible_instant],
        help_text=_("Before that no gate lets them in."),
    )
    admitted_until = models.DateTimeField(
        _("expected until"),
        null=True,
        blank=True,
        validators=[validate_plausible_instant],
        help_text=_("From then on no gate lets them in."),
    )
    enrolled_on = models.DateField(
        _("on the roll from"),
        default=timezone.localdate,
        validators=[validate_plausible_day],
        help_text=_("The first day here."),
    )
    left_on = models.DateField(
        _("on the roll until"),
        null=True,
        blank=True,
        validators=[validate_plausible_day],
        help_text=_("The last day here."),
    )
    photo = models.FileField(_("photo"), upload_to=photo_path, blank=True, editable=False)
    # What else people of the kind are found by; a trigger of the kind's own table keeps it.
    more_words = models.CharField(max_length=200, blank=True, default="", editable=False)
    terminal_pin = models.CharField(
        _("PIN at terminals"),
        max_length=24,
        blank=True,
        default="",
        db_default="",
        validators=[
            RegexValidator(r"^[1-9][0-9]*\Z", _("Enter digits, of which the first is no 0."))
        ],
        help_text=_(
            "The user number that terminals know the person by, if it is another one than "
            "the identification number."
        ),
    )
    search_text = models.GeneratedField(
        expression=search.folded(*NAMES, "identifier", "more_words", "class_level", "class_code"),
        output_field=models.TextField(),
        db_persist=True,
    )
    near_words = models.GeneratedField(
        expression=search.near_words(*NAMES),
        output_field=ArrayField(models.TextField()),
        db_persist=True,
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = PersonManager()

    class Meta:
        ordering = (*NAMES_FIRST, "person_uuid")
        constraints = (
            models.UniqueConstraint(
                "kind",
                Upper("identifier"),
                name=UNIQUE_IDENTIFIER,
                violation_error_message=_("Somebody with this number already exists."),
            ),
            models.UniqueConstraint(
                models.F("terminal_pin"),
                condition=~models.Q(terminal_pin=""),
                name=UNIQUE_PIN,
                violation_error_message=_("Somebody else has this PIN at the terminals."),
            ),
            models.CheckConstraint(
                condition=~models.Q(identifier="")
                & (
                    models.Q(whole_name="") & ~models.Q(first_name="", surname="")
                    | ~models.Q(whole_name="") & models.Q(first_name="", middle_name="", surname="")
                ),
                name="people_person_named",
                violation_error_message=_("A person needs a number and a name."),
            ),
            models.CheckConstraint(
                condition=_known_status(),
                name="people_person_known_status",
                violation_error_message=_("There is no such status."),
            ),
            models.CheckConstraint(
                condition=models.Q(left_on=None) | models.Q(left_on__gte=models.F("enrolled_on")),
                name="people_person_roll_in_order",
                violation_error_message=_("Nobody leaves before the first day on the roll."),
            ),
            models.CheckConstraint(
                condition=_visit_in_order(),
                name="people_person_visit_in_order",
                violation_error_message=_("A visit has a beginning, and an end after it."),
            ),
        )
        indexes = (
            # ?search=: the office's and the API's search boxes
            GinIndex(
                fields=["search_text"], opclasses=["gin_trgm_ops"], name="people_person_search"
            ),
            # the same where nobody has the words as they were typed
            GinIndex(fields=["near_words"], name="people_person_near_words"),
            # ?search= for whoever sees these
            GinIndex(
                fields=["phone_number"], opclasses=["gin_trgm_ops"], name="people_person_phone"
            ),
            GinIndex(OpClass(Upper("email"), "gin_trgm_ops"), name="people_person_email"),
            # pages of the list of a kind in its default order
            models.Index(
                fields=[
                    "kind",
                    "surname",
                    "first_name",
                    "middle_name",
                    "whole_name",
                    "person_uuid",
                ],
                name="people_person_by_name",
            ),
            # ?department= and ?class_code= of a kind, and the values that there are of them
            models.Index(fields=["kind", "department"], name="people_person_department"),
            models.Index(fields=["kind", "class_code"], name="people_person_class_code"),
            # the first cards in the order of their holders: ?ordering=holder_name, identifier
            models.Index(fields=["full_name"], name="people_person_full_name"),
            models.Index(fields=["identifier"], name="people_person_identifier"),
            # the people of a class teacher, whose classes are spelled in any case
            models.Index("kind", Upper("class_code"), name="people_person_own_class"),
            # how many there are of each kind
            models.Index(fields=["kind", "is_active"], name="people_person_kind"),
        )
        triggers = (
            pgtrigger.ReadOnly(name="kind_is_fixed", fields=["kind"]),
            pgtrigger.Protect(
                name="given_number_stays",
                operation=pgtrigger.UpdateOf("identifier"),  # type: ignore[no-untyped-call]
                condition=_is_another_number(),
            ),
        )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A table of one kind has a history of its own; pghistory would enter it as the person's.
        cls.pgh_event_models = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Not `self.kind`: that would ask for a field that was deferred.
        if type(self) is not Person and not self.__dict__.get("kind"):
            self.kind = self.person_kind.key

    def __str__(self) -> str:
        return f"{self.full_name} ({self.identifier})"

    @property
    def declared(self) -> PersonKind:
        """What applies to people of this one's kind."""
        return kind_named(self.kind)

    @property
    def own(self) -> Any:
        """This person with what only the kind has; see `PersonQuerySet.with_own_rows`."""
        return self if type(self) is not Person else getattr(self, self.declared.relation)

    @property
    def facts(self) -> HolderFacts:
        """What the rule of who is let in needs to know."""
        return HolderFacts(
            self.kind,
            self.is_active,
            self.status,
            self.admitted_from,
            self.admitted_until,
            self.left_on,
        )

    @property
    def admitted(self) -> str:
        """What a gate would say of the person now: `ok`, or why not."""
        return standing.of_holder(self.facts, at=timezone.now())

    @property
    def has_left(self) -> bool:
        """Switched off, or past the last day here."""
        return not self.is_active or standing.has_left(self.left_on, at=timezone.now())

    @property
    def is_gone(self) -> bool:
        """Neither here nor still to come: whoever left, and a visitor whose visit is over."""
        is_over = self.admitted_until is not None and self.admitted_until <= timezone.now()
        return is_over or not self.is_active

    @property
    def standing(self) -> str:
        """In words: `Suspended`; of those who are not here any more `Left (Graduated)`."""
        status = str(self.declared.status_words.get(self.status, self.status))
        if not self.has_left:
            return gettext("Not expected now") if self.admitted == NOT_EXPECTED else status
        if self.status in self.declared.expected:
            return gettext("Left")
        return gettext("Left ({status})").format(status=status)


def of_its_kind(kind: PersonKind) -> pgtrigger.Trigger:
    """For the kind's own table: its rows belong to people of this kind only."""
    return pgtrigger.Trigger(
        name="of_its_kind",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            -- By nothing but the key: with the kind in the condition, a planner that has not
            -- counted yet goes through everybody of the kind, once for each row of an import.
            IF (SELECT kind FROM people_person WHERE person_uuid = NEW.person_id)
                IS DISTINCT FROM '{kind.key}'
            THEN
                RAISE EXCEPTION 'person % is no {kind.key}', NEW.person_id
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,  # noqa: S608  (our own key)
    )


def found_by(column: str) -> pgtrigger.Trigger:
    """For the kind's own table: people of this kind are found by this column as well."""
    return pgtrigger.Trigger(
        name="found_by",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(column),  # type: ignore[no-untyped-call]
        func=f"""
            UPDATE people_person SET more_words = NEW.{column}
            WHERE person_uuid = NEW.person_id AND more_words <> NEW.{column};
            RETURN NULL;
        """,  # noqa: S608  (our own column)
    )


def import_path(import_: "Import", filename: str) -> str:
    """No address leads there: the file is read again by us, and then it is gone."""
    return f"imports/{import_.pk.hex}"


class Import(models.Model):
    """A spreadsheet, or an album of photos, between its preview and the decision of an officer.

    The file and its rows name people: they are kept until it is applied, discarded or a week old.
    Of an album its parts are the file, and after it was looked at its pictures.
    """

    class What(models.TextChoices):
        LIST = "list", _("List")
        PHOTOS = "photos", _("Photos")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPLIED = "applied", _("Imported")
        DISCARDED = "discarded", _("Discarded")

    import_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=kind_titles)
    what = models.CharField(
        _("what"), max_length=6, choices=What, default=What.LIST, db_default=What.LIST.value
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    file = models.FileField(upload_to=import_path, blank=True)
    size = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Of an album, in bytes: as much as its parts will have."
    )
    file_name = models.CharField(_("file"), max_length=255)
    summary = models.JSONField(help_text="As the API answers: total, created, updated and so on.")
    ignored_columns = models.JSONField(default=list)
    columns = models.JSONField(default=list, help_text="Column by column: header, field and how.")
    sheet = models.TextField(
        blank=True, default="", db_default="", help_text="Of a workbook: which was read."
    )
    unread_sheets = models.JSONField(
        default=list, db_default=[], help_text="Which of its others are lists as well."
    )
    wishes = models.JSONField(default=dict, help_text="What was said of the list besides it.")
    asks_date_order = models.BooleanField(
        default=False, help_text="Whether it has days of which nobody said day or month first."
    )
    digest = models.CharField(max_length=64, help_text="Of all that the preview shows.")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("uploaded by"),
        related_name="+",
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    change_id = models.UUIDField(null=True, help_text="By which it can be taken back.")

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-uploaded_at", "import_id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=kind_keys()), name="people_import_known_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", closed_at__isnull=True)
                | models.Q(state__in=["applied", "discarded"], closed_at__isnull=False),
                name="people_import_closed_with_time",
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    def forget_parts(self) -> None:
        """Of an album; their files go with the commit."""
        for part in self.parts.all():
            delete_on_commit(part.file.storage, part.file.name or "")
        self.parts.all().delete()


def import_part_path(part: "ImportPart", filename: str) -> str:
    return f"imports/{part.of_import.pk.hex}.{part.number}"


class ImportPart(models.Model):
    """Some of the file of an album, as a browser sends it; gone when all of it was looked at."""

    of_import = models.ForeignKey(Import, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="In bytes.")
    file = models.FileField(upload_to=import_part_path)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=["of_import", "number"], name="people_importpart_once"),
        )

    def __str__(self) -> str:
        return f"{self.number}: {self.size}"


class ImportPicture(models.Model):
    """A picture of an album, made ready; `problem` says why it cannot be used."""

    of_import = models.ForeignKey(Import, models.CASCADE, related_name="pictures")
    number = models.PositiveIntegerField(help_text="In the file.")
    file_name = models.TextField()
    jpeg = models.BinaryField(help_text="Not cut, whatever its shape; empty with a problem.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["of_import", "number"], name="people_importpicture_unique_number"
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_wide(self) -> bool:
        return self.width > self.height


class ImportRow(models.Model):
    """What would become of one row of a waiting import."""

    class Action(models.TextChoices):
        FAILED = "failed", _("Refused")
        CREATED = "created", _("New")
        UPDATED = "updated", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")

    of_import = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="Of the row in the file.")
    action = models.CharField(max_length=9, choices=Action)
    identifier = models.TextField(blank=True)
    full_name = models.TextField(blank=True)
    changes = models.JSONField(default=dict, help_text="Field by field: before and after.")
    errors = models.JSONField(default=dict, help_text="Field by field: the cell and the reasons.")
    notes = models.JSONField(default=dict, help_text="Field by field: what was left out.")
    possible_duplicate_of = models.JSONField(
        default=list, help_text="Who is perhaps the same: as the API answers it."
    )

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["of_import", "number"], name="people_importrow_unique_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}: {self.identifier}"


class ColumnMapping(models.Model):
    """Which column is which field, as somebody said of a list with these headings."""

    list_key = models.CharField(max_length=20, help_text="Of what sort the list is: `student`.")
    headings = models.CharField(max_length=64, help_text="A digest of them, in whatever order.")
    fields = models.JSONField(help_text="Fields by column name; an empty one: left out.")
    said_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["list_key", "headings"], name="people_columnmapping_once_for_headings"
            ),
        )

    def __str__(self) -> str:
        return f"{self.list_key}: {', '.join(filter(None, self.fields.values()))}"


def import_job_path(job: "ImportJob", filename: str) -> str:
    """No address leads there, either."""
    return f"imports/{job.pk.hex}"


class ImportJob(models.Model):
    """A long import in the background: one file of the API's, or one step of an `Import`.

    The file is kept until the job is over, and what it says of people (`report`) for a week.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    job_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=kind_titles)
    list_key = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="Of what sort the list is; empty: of the people themselves.",
    )
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    dry_run = models.BooleanField()
    wishes = models.JSONField(default=dict, help_text="What was said of the list besides it.")
    file = models.FileField(upload_to=import_job_path, blank=True)
    file_name = models.CharField(max_length=255, blank=True, help_text="As it was sent.")
    of_import = models.ForeignKey(Import, models.CASCADE, null=True, related_name="jobs")
    seen = models.CharField(
        max_length=64, blank=True, help_text="The digest of the preview that is to be written."
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(help_text="Rows of the file.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often it was begun.")
    report = models.JSONField(null=True, help_text="As the API answers a short import.")
    code = models.CharField(max_length=50, blank=True, help_text="Why it failed as a whole.")
    detail = models.TextField(blank=True, help_text="The same in words.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "job_id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=kind_keys()), name="people_importjob_known_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "running"], finished_at=None)
                | models.Q(state__in=["done", "failed"], finished_at__isnull=False, file=""),
                name="people_importjob_over_without_file",
            ),
            # Two clicks on one button are one job.
            models.UniqueConstraint(
                fields=["of_import"],
                condition=models.Q(finished_at=None),
                name="people_importjob_one_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.total} rows, {self.state}"

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None


class LookQuerySet(models.QuerySet["Look", "Look"]):
    def at(self, person: UUID) -> Self:
        """At this person's details, and at many people's of whom this is one."""
        return self.told().filter(models.Q(person=person) | models.Q(held__contains=[person]))

    def told(self) -> Self:
        """As pages tell it: without who all was in it."""
        return self.defer("held").select_related("user")


class Look(models.Model):
    """Somebody looked: at one person's details, or at many people's in an export or a report
    (contract section 3). A fact: it never changes, and goes when retention says so.
    """

    class What(models.TextChoices):
        DETAILS = "details", _("Details")
        HISTORY = "history", _("History of changes")
        GUARDIANS = "guardians", _("Guardians")
        CARD = "card", _("Card")
        EXPORT = "export", _("Export")
        REPORT = "report", _("Report")

    looked_at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text="None: many people's.",
    )
    what = models.CharField(max_length=9, choices=What)
    path = models.CharField(max_length=300, help_text="The address, without what was asked of it.")
    asked = models.CharField(
        max_length=500, blank=True, help_text="The filters, as in the address."
    )
    people = models.PositiveIntegerField(
        null=True, help_text="How many people's, where it is an export or a report."
    )
    held = ArrayField(
        models.UUIDField(), default=list, help_text="Who was in the export or the report."
    )
    ip_address = models.GenericIPAddressField(
        null=True, help_text="From where; None: sent by e-mail, by the worker."
    )
    # Of whoever was created by mistake, and is taken back, there is nothing to be told.
    is_trace: ClassVar[bool] = True

    objects = LookQuerySet.as_manager()

    class Meta:
        ordering = ("-looked_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(what__in=["export", "report"], person=None, people__isnull=False)
                | models.Q(
                    what__in=["details", "history", "guardians", "card"],
                    person__isnull=False,
                    people=None,
                ),
                name="people_look_at_one_or_at_many",
            ),
        )
        indexes = (
            # a person's page: who looked last
            models.Index(
                fields=["person", "-looked_at", "-id"],
                condition=models.Q(person__isnull=False),
                name="people_look_at_person",
            ),
            # a person's page: which exports and reports held them
            GinIndex(fields=["held"], name="people_look_holding"),
            # the office's list of exports and reports
            models.Index(
                fields=["-looked_at", "-id"],
                condition=models.Q(person=None),
                name="people_look_at_many",
            ),
            # what retention deletes
            models.Index(fields=["looked_at"], name="people_look_old"),
        )
        triggers = (
            pgtrigger.Protect(name="facts_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {self.looked_at:%Y-%m-%d %H:%M}"


class ConsentQuerySet(models.QuerySet["Consent", "Consent"]):
    def holding(self, about: str) -> Self:
        """Given and not withdrawn."""
        return self.filter(about=about, withdrawn_at=None)


class Consent(models.Model):
    """Somebody agreed to something for a person, until it is withdrawn: dated, with who wrote it
    down. What was written stays; a later consent is another row.
    """

    class About(models.TextChoices):
        PHOTO_ON_CARD = "photo_on_card", _("Photo on the card")
        NOTICES = "notices", _("Notices to guardians")

    class How(models.TextChoices):
        PAPER = "paper", _("A signed paper")
        IN_PERSON = "in_person", _("In person")
        MESSAGE = "message", _("A message")

    consent_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    about = models.CharField(max_length=13, choices=About)
    given_at = models.DateTimeField(default=timezone.now)
    given_by = LineField(
        max_length=150, blank=True, default="", help_text=_("Who agreed; empty: the person.")
    )
    how = models.CharField(max_length=9, choices=How)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ("-given_at", "consent_id")
        constraints = (
            models.UniqueConstraint(
                fields=["person", "about"],
                condition=models.Q(withdrawn_at=None),
                name="people_consent_held_once",
                violation_error_message=_("This consent holds already."),
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None, withdrawal_recorded_by=None)
                | models.Q(withdrawn_at__isnull=False, withdrawal_recorded_by__isnull=False),
                name="people_consent_withdrawn_by_somebody",
            ),
        )
        indexes = (
            # a person's page
            models.Index(fields=["person", "-given_at"], name="people_consent_of_person"),
        )
        triggers = (
            pgtrigger.Protect(name="consents_stay", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="given_is_given", fields=["person", "about", "given_at", "how", "recorded_by"]
            ),
            pgtrigger.Protect(
                name="withdrawn_is_withdrawn",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.withdrawn_at IS NOT NULL"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_about_display()}, {self.given_at:%Y-%m-%d}"
