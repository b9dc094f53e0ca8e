"""Taps by decision and code, from the ledger itself: what it says is true on every node.

The whole is counted once, and then what was committed since, as whoever follows it does
(`outbox.positions`): each tap once, however many ask at the same time.
"""

from typing import Final

from django.db import transaction
from django.db.models import BooleanField, Count, F, Q
from django.db.models.expressions import RawSQL

from operations.models import Counted, TapCount
from outbox.positions import committed_between, current_position, is_of_another_database
from pos.models import Tap

# Taps that are counted within a tenth of a second or two.
COUNTED_AT_ONCE: Final = 100_000


def count_taps(*, may_begin: bool = True) -> list[TapCount]:
    """All taps of the ledger, by decision and code.

    The first count of a large ledger takes minutes: a scrape may not begin it, the worker does.
    """
    # By itself: whoever asks while another counts for the first time does not wait for its row.
    Counted.objects.bulk_create([Counted()], ignore_conflicts=True)
    with transaction.atomic():
        # And is told what was counted before.
        counted = Counted.objects.select_for_update(skip_locked=True).first()
        if counted is not None:
            _go_on(counted, may_begin=may_begin)
        return list(TapCount.objects.order_by("decision", "code"))


def _go_on(counted: Counted, *, may_begin: bool) -> None:
    after, until = counted.position, current_position()
    if not after or is_of_another_database(after):
        if not may_begin and _is_large():
            return
        TapCount.objects.all().delete()
        _add(_visible_in(until))
    else:
        _add(Q(committed_between(after, until)))
    counted.position = until
    counted.save(update_fields=["position"])


def _is_large() -> bool:
    return Tap.objects.order_by()[COUNTED_AT_ONCE:].values("pk")[:1].exists()


def _visible_in(position: str) -> Q:
    sql = "pg_visible_in_snapshot(transaction_id, %s::pg_snapshot)"
    return Q(RawSQL(sql, [position], output_field=BooleanField()))  # noqa: S611  (a constant)


def _add(which: Q) -> None:
    taps = Tap.objects.filter(which).order_by("decision", "code")
    kinds = taps.values("decision", "code").annotate(number=Count("*"))
    for decision, code, number in kinds.values_list("decision", "code", "number"):
        count, _ = TapCount.objects.get_or_create(decision=decision, code=code)
        TapCount.objects.filter(pk=count.pk).update(number=F("number") + number)
