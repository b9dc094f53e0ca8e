"""What *Today* counts of cards."""

from datetime import datetime, time

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from accounts.roles import Capability
from cards.models import Card, IDCardPrintLog
from office.tasks import Figure


def cards_today(user: User) -> list[Figure]:
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    issued = Card.objects.filter(created_at__gte=midnight).count()
    figures = [
        Figure(issued, gettext("cards issued today"), reverse("admin:cards_card_changelist"))
    ]
    if user.may(Capability.READ_CARD_LOGS):
        printed = IDCardPrintLog.objects.filter(printed_at__gte=midnight, success=True).count()
        url = reverse("admin:cards_idcardprintlog_changelist")
        figures.append(Figure(printed, gettext("cards printed today"), url))
    return figures
