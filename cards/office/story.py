"""What happened to a person's cards, as their page tells it: the cards, prints, verifications."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, ClassVar, Final

from django.db.models import Window
from django.db.models.functions import Lag
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability, Detail
from cards.models import Card, HandOut, HandOutTakenBack, IDCardPrintLog, IDCardVerificationLog
from cards.office.states import refusal_in_words
from core.history import maker_of, usernames
from office.chips import chip
from office.tasks import Tone
from people.models import Person
from people.office.story import Fact, Span, StorySource

RESULTS: Final = {
    IDCardVerificationLog.Result.VERIFIED: (_("Genuine"), Tone.GOOD),
    IDCardVerificationLog.Result.REFUSED: (_("Not good"), Tone.BAD),
    IDCardVerificationLog.Result.NOT_FOUND: (_("Not found"), Tone.WARN),
}


class Cards(StorySource):
    """Issued, received, switched, suspended by a temporary one, retired: each is one fact."""

    key: ClassVar[str] = "cards"
    title = _("Cards")
    icon: ClassVar[str] = "card"
    capability = Capability.READ_CARDS

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        log: Any = Card.pgh_event_model.objects  # type: ignore[attr-defined]
        before = {
            f"was_{name}": Window(Lag(name), partition_by="pgh_obj", order_by="pgh_id")
            for name in ("is_active", "suspended_until")
        }
        # What was before is looked for among all of them: the span is cut around that.
        events = log.filter(person=person.pk, pgh_created_at__lte=span.until).annotate(**before)
        latest = events.select_related("pgh_context").order_by("-pgh_created_at", "-pgh_id")
        told = [each for each in latest[: span.most] if span.holds(each.pgh_created_at)]
        names = usernames(told)
        sees_numbers = user.sees(Detail.CHIP_NUMBERS)
        facts = [_of_card(each, names.get(maker_of(each), ""), sees_numbers) for each in told]
        handed_out = HandOut.objects.filter(card__person=person.pk)
        rows = span.cut(handed_out.select_related("handed_out_by"), "handed_out_at")
        facts += map(_of_hand_out, rows)
        facts += _taken_back(person, span)
        return sorted(facts, key=attrgetter("at"), reverse=True)[: span.most]


def _of_card(event: Any, by: str, sees_numbers: bool) -> Fact:
    words, tone, more = _what(event)
    number = event.rfid_number if sees_numbers else ""
    is_gone = event.pgh_label == "delete"
    return Fact(
        at=event.pgh_created_at,
        words=gettext("Temporary card") if event.is_temporary else gettext("Card"),
        chip=chip(words, tone),
        more=", ".join(filter(None, (number, more))),
        by=by,
        url="" if is_gone else reverse("admin:cards_card_change", args=[event.pgh_obj_id]),
    )


def _of_hand_out(row: HandOut) -> Fact:
    return Fact(
        at=row.handed_out_at,
        words=gettext("Card"),
        chip=chip(gettext("Received"), Tone.GOOD),
        more=gettext("taken along by {name}").format(name=row.received_by)
        if row.received_by
        else "",
        by=str(row.handed_out_by),
        url=reverse("admin:cards_card_change", args=[row.card_id]),
    )


def _taken_back(person: Person, span: Span) -> Iterator[Fact]:
    """What a hand-out had said, and that it was taken back."""
    rows = HandOutTakenBack.objects.filter(card__person=person.pk)
    was = span.cut(rows.select_related("handed_out_by"), "handed_out_at")
    for row in was:
        as_it_was = HandOut(
            card_id=row.card_id,
            handed_out_at=row.handed_out_at,
            handed_out_by=row.handed_out_by,
            received_by=row.received_by,
        )
        yield _of_hand_out(as_it_was)
    for row in span.cut(rows.select_related("taken_back_by"), "taken_back_at"):
        yield Fact(
            at=row.taken_back_at,
            words=gettext("Card"),
            chip=chip(gettext("Not received"), Tone.WARN),
            by=str(row.taken_back_by),
            url=reverse("admin:cards_card_change", args=[row.card_id]),
        )


def _what(event: Any) -> tuple[str, Tone, str]:
    if event.pgh_label == "insert":
        return gettext("Issued"), Tone.GOOD, ""
    if event.pgh_label == "delete":
        return pgettext("card", "Deleted"), Tone.BAD, ""
    if event.retired_at:
        reason = Card.Reason(event.retired_reason).label.lower()
        return gettext("Retired"), Tone.QUIET, reason
    if event.is_active != event.was_is_active:
        if event.is_active:
            return pgettext("card", "Activated"), Tone.GOOD, ""
        return pgettext("card", "Switched off"), Tone.WARN, ""
    if event.suspended_until != event.was_suspended_until:
        if event.suspended_until:
            return pgettext("card", "Suspended"), Tone.WARN, gettext("a temporary card stands in")
        return pgettext("card", "Good again"), Tone.GOOD, ""
    return pgettext("card", "Changed"), Tone.INFO, ""


class Prints(StorySource):
    key: ClassVar[str] = "prints"
    title = _("Prints")
    icon: ClassVar[str] = "printer"
    capability = Capability.READ_CARD_LOGS

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        prints = IDCardPrintLog.objects.filter(person=person.pk).select_related("printed_by")
        return [_of_print(each) for each in span.cut(prints, "printed_at")]


def _of_print(log: IDCardPrintLog) -> Fact:
    return Fact(
        at=log.printed_at,
        words=gettext("Card printed") if log.success else gettext("Print of the card"),
        chip="" if log.success else chip(gettext("Failed"), Tone.BAD),
        more=", ".join(filter(None, (log.reason_in_words, log.error_in_words))),
        by=str(log.printed_by),
        url=reverse("admin:cards_idcardprintlog_change", args=[log.pk]),
    )


class Verifications(StorySource):
    key: ClassVar[str] = "verifications"
    title = _("Verifications")
    icon: ClassVar[str] = "check"
    capability = Capability.READ_CARD_LOGS

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        looks = IDCardVerificationLog.objects.filter(person=person.pk)
        return [_of_verification(each) for each in span.cut(looks, "verified_at")]


def _of_verification(log: IDCardVerificationLog) -> Fact:
    address = gettext("from {address}").format(address=log.ip_address)
    return Fact(
        at=log.verified_at,
        words=gettext("Card verified"),
        chip=chip(*RESULTS[IDCardVerificationLog.Result(log.result)]),
        more=", ".join(filter(None, (refusal_in_words(log.reason), address))),
        url=reverse("admin:cards_idcardverificationlog_change", args=[log.pk]),
    )
