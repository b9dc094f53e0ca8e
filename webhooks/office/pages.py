"""What is done to one webhook or delivery; what cannot be undone asks first."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from core.errors import DomainError
from office.views import ConfirmView, OfficeView
from webhooks import services
from webhooks.models import Delivery, Webhook
from webhooks.sending import send_test


def secret_page(
    request: HttpRequest, *, webhook: Webhook, secret: str, is_new: bool
) -> HttpResponse:
    """The one answer that holds this secret."""
    context = {
        **admin.site.each_context(request),
        "title": gettext("Secret of {webhook}").format(webhook=webhook),
        "webhook": webhook,
        "secret": secret,
        "is_new": is_new,
    }
    return TemplateResponse(request, "webhooks/office/secret.html", context)


class WebhookPage(ConfirmView):
    @cached_property
    def webhook(self) -> Webhook:
        return get_object_or_404(Webhook, pk=self.kwargs["webhook_id"])

    @property
    def back(self) -> str:
        return reverse("admin:webhooks_webhook_change", args=[self.webhook.pk])

    @property
    def back_name(self) -> str:
        return str(self.webhook)


class NewSecret(WebhookPage):
    route = "webhooks/webhook/<uuid:webhook_id>/new-secret/"
    url_name = "webhooks_webhook_new_secret"
    title = _("Give this webhook a new secret")
    action = _("Make a new secret")

    def warning(self) -> str:
        return gettext(
            "The new secret is shown once. For 24 hours the old one signs as well, in a header of "
            "its own, so that there is time to put the new one into the receiver."
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        secret = services.roll_secret(webhook=self.webhook)
        return secret_page(request, webhook=self.webhook, secret=secret, is_new=False)


class DeleteWebhook(WebhookPage):
    route = "webhooks/webhook/<uuid:webhook_id>/remove/"
    url_name = "webhooks_webhook_remove"
    title = _("Delete a webhook")
    action = _("Delete it and its log")
    is_dangerous = True

    def warning(self) -> str:
        warning = gettext(
            "{webhook} is told nothing more, and the log of its deliveries goes with it."
        )
        return warning.format(webhook=self.webhook)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        services.delete_webhook(webhook=self.webhook)
        messages.success(request, gettext("{name} was deleted.").format(name=self.webhook))
        return redirect("admin:webhooks_webhook_changelist")


class SendTest(WebhookPage):
    route = "webhooks/webhook/<uuid:webhook_id>/send-test/"
    url_name = "webhooks_webhook_send_test"
    title = _("Send a test event")
    action = _("Send it now")

    def warning(self) -> str:
        warning = gettext("An event of type test goes to {url}, and says that nothing happened.")
        return warning.format(url=self.webhook.url)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        outcome = send_test(self.webhook)
        if outcome.is_delivered:
            said = gettext("The receiver answered {status}: it works.")
            messages.success(request, said.format(status=outcome.status))
        else:
            messages.error(request, " ".join(filter(None, [outcome.reason, outcome.answer])))
        return redirect(self.back)


class ResendDelivery(OfficeView):
    route = "webhooks/delivery/<int:pk>/send-again/"
    url_name = "webhooks_delivery_send_again"
    title = _("Send again")
    capability = Capability.ADMINISTER

    @transaction.atomic
    def post(self, request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        deliveries = Delivery.objects.select_for_update(no_key=True)
        delivery = get_object_or_404(deliveries, pk=pk)
        try:
            services.resend(delivery=delivery)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, gettext("It is sent again in a moment."))
        return redirect("admin:webhooks_delivery_change", pk)
