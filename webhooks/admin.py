"""Webhooks and their log in the registration office; the pages are in `webhooks.office`."""

from django.contrib import admin

from webhooks.models import Delivery, Webhook
from webhooks.office.lists import DeliveryAdmin, WebhookAdmin

admin.site.register(Webhook, WebhookAdmin)
admin.site.register(Delivery, DeliveryAdmin)
