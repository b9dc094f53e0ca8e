"""What stands against taking back what was done with many cards (people.undoing).

A hand-out refers to its card, and is seen there. A print does not: its log outlives the card.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext

from cards.models import Card, IDCardPrintLog, PrintJob
from people.deed_models import Deed, DeedRow


def retired_since(deed: Deed, rows: Sequence[DeedRow]) -> Iterator[tuple[UUID, str]]:
    retired = Card.objects.filter(pk__in=[row.subject for row in rows], retired_at__isnull=False)
    for pk in retired.order_by().values_list("pk", flat=True):
        yield pk, gettext("was retired")


def printed_since(deed: Deed, rows: Sequence[DeedRow]) -> Iterator[tuple[UUID, str]]:
    """Of cards that it has issued: printed, or in a job that is not over."""
    issued = {row.subject for row in rows if row.is_created}
    if not issued:
        return
    log = IDCardPrintLog.objects.filter(card_uuid__in=issued, success=True)
    for pk in log.order_by().values_list("card_uuid", flat=True).distinct():
        assert pk is not None
        yield pk, gettext("was printed")
    waiting = (PrintJob.State.QUEUED, PrintJob.State.RUNNING)
    jobs = PrintJob.objects.filter(state__in=waiting).order_by()
    for asked in jobs.values_list("card_uuids", flat=True):
        for pk in issued.intersection(map(UUID, asked)):
            yield pk, gettext("is being printed")
