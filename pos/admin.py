"""Readers and the ledger of taps in the registration office; the pages are in `pos.office`."""

from django.contrib import admin

from pos.models import ConflictingTap, Device, Tap
from pos.office.readers import DeviceAdmin
from pos.office.taps import ConflictingTapAdmin, TapAdmin

admin.site.register(Device, DeviceAdmin)
admin.site.register(Tap, TapAdmin)
admin.site.register(ConflictingTap, ConflictingTapAdmin)
