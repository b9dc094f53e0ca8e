"""Readers and the ledger of taps in the registration office."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from accounts.models import User
from accounts.office import DailyAdmin, LatestRows, LookOnly, OfficeModelAdmin
from cards.models import Card
from pos import services
from pos.models import ConflictingTap, Device, DeviceQuerySet, Heartbeat, Tap

NOTHING = "—"
SHOWN_ONCE = "The key of {}: <code>{}</code> Copy it into the reader now; it is not shown again."


@admin.register(Device)
class DeviceAdmin(OfficeModelAdmin[Device]):
    list_display = ("name", "location", "activity_type", "direction", "state", "last_seen")
    list_filter = ("activity_type", "is_active")
    search_fields = ("name", "location")
    actions = ("new_key", "switch_off", "switch_on")
    readonly_fields = (
        "pos_id",
        "state",
        "last_seen",
        "clock_offset",
        "queue_depth",
        "firmware",
        "key_made_at",
        "created_by",
        "created_at",
    )
    fieldsets = (
        (None, {"fields": ("name", "location", "activity_type", "direction", "number_format")}),
        ("Key", {"fields": ("is_active", "key_made_at", "pos_id")}),
        (
            "Heard of it",
            {"fields": ("state", "last_seen", "clock_offset", "queue_depth", "firmware")},
        ),
        ("Registered", {"fields": ("created_by", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "location", "activity_type", "direction", "number_format")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Device]:
        readers: DeviceQuerySet = Device.objects.select_related("heartbeat", "created_by")
        return readers.with_last_seen().order_by("name", "pos_id")

    def get_fieldsets(self, request: HttpRequest, obj: Device | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def save_model(
        self, request: HttpRequest, obj: Device, form: ModelForm[Device], change: bool
    ) -> None:
        if change:
            obj.save(update_fields=[*form.changed_data, "updated_at"])
            return
        assert isinstance(request.user, User)
        device, key = services.register_device(by=request.user, pos_id=obj.pk, **form.cleaned_data)
        messages.warning(request, format_html(SHOWN_ONCE, device, key))

    @admin.action(description="New key: the old one opens nothing any more", permissions=["change"])
    def new_key(self, request: HttpRequest, readers: QuerySet[Device]) -> None:
        """One at a time: a slip of the mouse must not silence every gate."""
        if len(readers) != 1:
            messages.error(request, "Choose one reader: its new key is shown once.")
            return
        key = services.roll_key(device=readers[0])
        messages.warning(request, format_html(SHOWN_ONCE, readers[0], key))

    @admin.action(description="Switch off: the key opens nothing", permissions=["change"])
    def switch_off(self, request: HttpRequest, readers: QuerySet[Device]) -> None:
        self._switch(request, readers, is_active=False)

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, readers: QuerySet[Device]) -> None:
        self._switch(request, readers, is_active=True)

    def _switch(self, request: HttpRequest, readers: QuerySet[Device], *, is_active: bool) -> None:
        others = Device.objects.filter(pk__in=[reader.pk for reader in readers])
        changed = others.exclude(is_active=is_active).update(
            is_active=is_active, updated_at=timezone.now()
        )
        self.message_user(request, f"{changed} changed.")

    @admin.display(description="Last seen", ordering="last_seen_at")
    def last_seen(self, device: Any) -> str:
        seen: datetime | None = device.last_seen_at
        return date_format(timezone.localtime(seen), "DATETIME_FORMAT") if seen else NOTHING

    @admin.display(description="State")
    def state(self, device: Device) -> str:
        return device.state(at=timezone.now()).label

    @admin.display(description="Clock, ahead of ours")
    def clock_offset(self, device: Device) -> str:
        heartbeat = _heartbeat(device)
        return f"{heartbeat.clock_offset_ms / 1000:+.1f} s" if heartbeat else NOTHING

    @admin.display(description="Taps that wait in it")
    def queue_depth(self, device: Device) -> str:
        heartbeat = _heartbeat(device)
        depth = heartbeat.queue_depth if heartbeat else None
        return NOTHING if depth is None else str(depth)

    @admin.display(description="Firmware")
    def firmware(self, device: Device) -> str:
        heartbeat = _heartbeat(device)
        return (heartbeat and heartbeat.firmware) or NOTHING


def _heartbeat(device: Device) -> Heartbeat | None:
    """None before a reader has sent one."""
    return getattr(device, "heartbeat", None)


@admin.register(Tap)
class TapAdmin(LookOnly, DailyAdmin[Tap]):
    list_display = (
        "received_at",
        "sent_by",
        "card_text",
        "holder",
        "direction",
        "decision",
        "code",
        "remarks",
    )
    list_filter = (
        "date",
        "decision",
        "code",
        "activity",
        "is_offline",
        "would_deny",
        "is_clock_suspect",
        "device",
    )
    list_select_related = ("device", "entered_by", "student", "staff", "security_personnel")
    fields = (
        "event_id",
        ("device", "entered_by"),
        ("activity", "location", "direction"),
        ("card_text", "number"),
        "holder",
        ("decision", "code", "would_deny"),
        ("tapped_at", "received_at"),
        ("counted_at", "date"),
        ("is_offline", "is_clock_suspect"),
        ("day_status", "day_time"),
        ("food_item", "service_id"),
    )
    search_help_text = (
        "Any part of the card's number, or of its holder's names and numbers; a day such as "
        "2026-11-20; or both."
    )

    def about(self, rows: QuerySet[Tap], words: str) -> QuerySet[Tap]:
        return rows.filter(card_uuid__in=Card.objects.all().search(words).values("pk"))

    @admin.display(description="Reader")
    def sent_by(self, tap: Tap) -> str:
        return str(tap.device or tap.entered_by)

    @admin.display(description="Holder")
    def holder(self, tap: Tap) -> str:
        person = tap.student or tap.staff or tap.security_personnel
        return person.full_name if person else NOTHING

    @admin.display(description="Remarks")
    def remarks(self, tap: Tap) -> str:
        remarks = {
            "uploaded later": tap.is_offline,
            "would be denied": tap.would_deny,
            "clock not believed": tap.is_clock_suspect,
        }
        return ", ".join(remark for remark, is_true in remarks.items() if is_true)


@admin.register(ConflictingTap)
class ConflictingTapAdmin(LookOnly, OfficeModelAdmin[ConflictingTap]):
    list_display = ("received_at", "device", "event_id", "sent")
    list_filter = ("received_at", "device")
    list_select_related = ("device",)
    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
