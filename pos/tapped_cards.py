"""Which cards have been tapped: taps name them without a foreign key, and outlive them."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from people.deed_models import Deed, DeedRow
from pos.models import Tap
from pos.protocol import MAX_BEHIND


def tapped_since(deed: Deed, rows: Sequence[DeedRow]) -> Iterator[tuple[UUID, str]]:
    """Of cards that the deed has issued; also by a reader whose clock is behind."""
    issued = {row.subject: row.person for row in rows if row.is_created}
    if not issued:
        return
    # By person and day, of which there is an index.
    since = timezone.localdate(deed.made_at - MAX_BEHIND)
    taps = Tap.objects.filter(person__in=issued.values(), date__gte=since, card_uuid__in=issued)
    for pk in taps.order_by().values_list("card_uuid", flat=True).distinct():
        assert pk is not None
        yield pk, gettext("was tapped")
