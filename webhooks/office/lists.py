"""The list and the form of webhooks, and the log of their deliveries."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from core.history_words import told
from office.chips import NOTHING
from office.lists import LatestRows, LookOnly, OfficeModelAdmin
from office.moments import day_and_time
from office.rooms import Room
from webhooks import services
from webhooks.events import body_of
from webhooks.filters import of_event
from webhooks.models import CHOICES, Delivery, DeliveryQuerySet, Webhook
from webhooks.office import pages, words
from webhooks.office.forms import NewWebhookForm, WebhookForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LATEST = 10


class TroubleFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> "list[tuple[Any, StrOrPromise]]":
        return [("yes", gettext("Something is wrong"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value() == "yes"
        return queryset.filter(words.in_trouble(at=timezone.now())) if wanted else queryset


class WebhookAdmin(OfficeModelAdmin[Webhook]):
    room = Room.ADMINISTRATION
    place = 5
    list_display = ("name", "url", "what", "state", "since")
    list_filter = (TroubleFilter, "is_active")
    sortable_by = ()
    change_form_template = "admin/webhooks/webhook/change_form.html"

    def get_form(
        self, request: HttpRequest, obj: Webhook | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = WebhookForm if obj else NewWebhookForm
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        fields = ("url", "description", "events", "is_active" if obj else "number")
        return ((_("Settings"), {"fields": fields}),)

    def save_model(
        self, request: HttpRequest, obj: Any, form: ModelForm[Webhook], change: bool
    ) -> None:
        if change:
            # The row as it is, for the form has written its values into its own copy.
            with transaction.atomic():
                held = Webhook.objects.select_for_update(no_key=True).get(pk=obj.pk)
                changed = {name: form.cleaned_data[name] for name in form.changed_data}
                services.change_webhook(webhook=held, **changed)
            return
        assert isinstance(request.user, User)
        made, obj.shown_secret = services.create_webhook(by=request.user, **form.cleaned_data)
        obj.pk = made.pk

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The secret is in this answer and nowhere else: in no cookie, no session, no log."""
        return pages.secret_page(request, webhook=obj, secret=obj.shown_secret, is_new=True)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        webhook = kwargs.get("obj")
        more = {"show_save_and_continue": False, "show_save_and_add_another": False}
        more |= self._about(webhook) if webhook else {}
        response: HttpResponse = super().render_change_form(
            request, {**context, **more}, *args, **kwargs
        )
        return response

    def _about(self, webhook: Webhook) -> dict[str, Any]:
        """What the page of a webhook shows beside its form."""
        latest = webhook.deliveries.order_by("-id")[:LATEST]
        return {
            "webhook": webhook,
            "state": words.webhook_chip(webhook),
            "trouble": words.trouble(webhook),
            "latest": [(each, words.delivery_chip(each)) for each in latest],
            "lines": told(self.history_of(webhook), Webhook)[:LATEST],
        }

    @admin.display(description=_("Webhook"))
    def name(self, webhook: Webhook) -> str:
        return str(webhook)

    @admin.display(description=_("What it is told of"))
    def what(self, webhook: Webhook) -> str:
        return ", ".join(webhook.events)

    @admin.display(description=_("State"))
    def state(self, webhook: Webhook) -> str:
        return words.webhook_chip(webhook)

    @admin.display(description=_("Failing since"))
    def since(self, webhook: Webhook) -> str:
        return day_and_time(webhook.failing_since) if webhook.failing_since else NOTHING


class EventFilter(admin.SimpleListFilter):
    title = _("event")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> "list[tuple[Any, StrOrPromise]]":
        return list(CHOICES)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, DeliveryQuerySet)
        value = self.value()
        return of_event(queryset, value) if value in dict(CHOICES) else queryset


class DeliveryAdmin(LookOnly, OfficeModelAdmin[Delivery]):
    """Thousands a day: neither counted nor sorted but by their number."""

    room = Room.ADMINISTRATION
    place = 6
    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()
    list_display = ("about_what", "webhook", "chip", "attempts", "why", "then")
    list_filter = ("state", EventFilter, "webhook")
    list_select_related = ("webhook",)
    actions = ("send_again",)
    fields = ("state",)  # the page says it in words
    change_form_template = "admin/webhooks/delivery/change_form.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        delivery: Delivery = kwargs["obj"]
        body = body_of(
            event_id=delivery.event_id,
            name=delivery.event,
            occurred_at=delivery.occurred_at,
            data=delivery.data,
        )
        more = {
            "delivery": delivery,
            "state": words.delivery_chip(delivery),
            "is_waiting": delivery.state == Delivery.State.PENDING,
            "body": json.dumps(body, indent=2, ensure_ascii=False),
        }
        response: HttpResponse = super().render_change_form(
            request, {**context, **more}, *args, **kwargs
        )
        return response

    @admin.display(description=_("Event"))
    def about_what(self, delivery: Delivery) -> str:
        at = day_and_time(delivery.occurred_at)
        return format_html("{} <span class='nowrap'>{}</span>", delivery.event, at)

    @admin.display(description=_("State"))
    def chip(self, delivery: Delivery) -> str:
        return words.delivery_chip(delivery)

    @admin.display(description=_("Why not"))
    def why(self, delivery: Delivery) -> str:
        return delivery.reason_in_words or NOTHING

    @admin.display(description=_("Next try"))
    def then(self, delivery: Delivery) -> str:
        is_waiting = delivery.state == Delivery.State.PENDING
        at = day_and_time(delivery.next_attempt_at) if is_waiting else NOTHING
        return format_html("<span class='nowrap'>{}</span>", at)

    @admin.action(description=_("Send again"), permissions=["view"])
    @transaction.atomic
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        sent = 0
        rows = deliveries.select_related(None).order_by("id").select_for_update(no_key=True)
        for delivery in rows:
            try:
                services.resend(delivery=delivery)
            except DomainError as error:
                messages.error(request, f"{delivery}: {error.message}")
                continue
            sent += 1
        if sent:
            said = ngettext("{n} sent again in a moment.", "{n} sent again in a moment.", sent)
            messages.success(request, said.format(n=sent))
