"""What *Today* counts of cards."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import ngettext

from accounts.models import User
from accounts.roles import Capability
from cards.models import Card, IDCardPrintLog
from cards.office.filters import issued_today, last_midnight
from office.tasks import Figure


def cards_today(user: User) -> list[Figure]:
    url = reverse("admin:cards_card_changelist")
    issued = issued_today(Card.objects.all()).count()
    words = ngettext("card issued today", "cards issued today", issued)
    figures = [Figure(issued, words, f"{url}?issued=today")]
    if user.may(Capability.READ_CARD_LOGS):
        midnight = last_midnight()
        printed = IDCardPrintLog.objects.filter(printed_at__gte=midnight, success=True).count()
        since = urlencode({"printed_at__gte": midnight, "result": "printed"})
        url = f"{reverse('admin:cards_idcardprintlog_changelist')}?{since}"
        words = ngettext("card printed today", "cards printed today", printed)
        figures.append(Figure(printed, words, url))
    return figures
