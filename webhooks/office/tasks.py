"""What webhooks leave for somebody to do."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.models import User
from office.tasks import Task, Tone
from webhooks.models import Webhook
from webhooks.office.words import in_trouble


def webhooks_in_trouble(user: User) -> Task | None:
    number = Webhook.objects.filter(in_trouble(at=timezone.now())).count()
    if not number:
        return None
    text = ngettext("webhook cannot deliver", "webhooks cannot deliver", number)
    url = reverse("admin:webhooks_webhook_changelist") + "?trouble=yes"
    return Task(number, text, gettext("See why"), url, Tone.BAD)
