"""Who was refused at the hatches, and why, on the page of the meals that are on."""

from datetime import datetime
from itertools import groupby

from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from pos.models import BY_DAY, Activity, Code, Decision, Tap
from pos.office.words import CODES

MOST = 500


def turned_away(user: User, since: datetime) -> str:
    """By the reason, the most frequent first; of a card that nobody has, no name."""
    taps = Tap.objects.seen_by(user).filter(
        activity=Activity.FOOD_SERVICE,
        decision=Decision.DENIED,
        date__gte=timezone.localdate(since),
        received_at__gte=since,
        annulment=None,
    )
    latest = list(taps.select_related("person").order_by(*BY_DAY)[: MOST + 1])
    by_code = groupby(sorted(latest[:MOST], key=lambda tap: tap.code), key=lambda tap: tap.code)
    reasons = [(CODES[Code(code)], list(of_it)) for code, of_it in by_code]
    reasons.sort(key=lambda reason: -len(reason[1]))
    context = {
        "reasons": reasons,
        "number": len(latest[:MOST]),
        "has_more": len(latest) > MOST,
        "may_serve": user.may(Capability.MANAGE_MEALS),
    }
    return render_to_string("pos/office/turned_away.html", context)
