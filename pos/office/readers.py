"""The list of readers, and the page of one."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from core.history import Change
from core.history_words import told
from office.lists import OfficeModelAdmin
from office.registry import contributions
from office.rooms import Room
from pos import services
from pos.clocks import drift_of
from pos.models import BY_RECEIPT, ConflictingTap, Device, DeviceQuerySet, IgnoredKeys, Tap
from pos.office import reader_pages as pages
from pos.office import words
from pos.office.forms import ReaderForm, RegisterForm
from pos.office.past import history_of_reader

# HTML about a reader for its page, or nothing; apps above bring it (`office.registry`).
ReaderSection = Callable[[Device], str]
LATEST = 10
SETTINGS = (*RegisterForm.Meta.fields,)
OF_TERMINALS = ("protocol", "serial_number", "mapping")


class ReaderStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(state.value, str(state.label)) for state in Device.State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.value()
        if state not in Device.State.values:
            return queryset
        assert isinstance(queryset, DeviceQuerySet)
        return queryset.in_state(state, at=timezone.now())


class DeviceAdmin(OfficeModelAdmin[Device]):
    room = Room.READERS
    place = 1
    list_display = ("name", "location", "job", "state", "last_seen", "waiting", "clock")
    phone_columns = ("location", "state", "last_seen")
    phone_gives_way = "location"
    list_filter = (ReaderStateFilter, "activity_type")
    search_fields = ("name", "location")
    search_help_text = _("Any part of a name or place")
    sortable_by = ("name", "location", "last_seen")
    actions = ("switch_off", "switch_on")
    change_form_template = "admin/pos/device/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Device]:
        readers: DeviceQuerySet = Device.objects.select_related("created_by")
        return readers.with_last_seen().order_by("name", "pos_id")

    def get_form(
        self, request: HttpRequest, obj: Device | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = {"form": ReaderForm if obj else RegisterForm}
        return super().get_form(request, obj, change, **{**form, **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: Device | None = None) -> Any:
        fields = (*SETTINGS, "warned_of", *(() if obj else ("number",)))
        general = tuple(name for name in fields if name not in OF_TERMINALS)
        return (
            (_("Settings"), {"fields": general}),
            (_("What it speaks"), {"fields": OF_TERMINALS}),
        )

    def save_model(
        self, request: HttpRequest, obj: Any, form: ModelForm[Device], change: bool
    ) -> None:
        if change:
            changed = [name for name in form.changed_data if name in SETTINGS]
            obj.save(update_fields=[*changed, "updated_at"])
            return
        assert isinstance(request.user, User)
        device, obj.shown_key = services.register_device(by=request.user, **form.cleaned_data)
        obj.pk = device.pk

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key is in this answer and nowhere else: in no cookie, no session, no log."""
        return pages.key_page(request, device=obj, key=obj.shown_key, is_new=True)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        reader = kwargs.get("obj")
        more = {"show_save_and_continue": False, "show_save_and_add_another": False}
        more |= _about(reader) if reader else {}
        response: HttpResponse = super().render_change_form(
            request, {**context, **more}, *args, **kwargs
        )
        return response

    def history_of(self, obj: Device) -> list[Change]:
        return history_of_reader(obj)

    @admin.action(description=_("Switch off: the key opens nothing"), permissions=["change"])
    def switch_off(self, request: HttpRequest, readers: QuerySet[Device]) -> None:
        changed = services.switch_readers(readers=readers, is_active=False)
        said = ngettext(
            "{n} reader switched off. Their keys open nothing now.",
            "{n} readers switched off. Their keys open nothing now.",
            changed,
        )
        messages.success(request, said.format(n=changed))

    @admin.action(description=_("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, readers: QuerySet[Device]) -> None:
        changed = services.switch_readers(readers=readers, is_active=True)
        said = ngettext("{n} reader switched on.", "{n} readers switched on.", changed)
        messages.success(request, said.format(n=changed))

    @admin.display(description=_("What it does"))
    def job(self, device: Device) -> str:
        return words.job(device)

    @admin.display(description=_("State"))
    def state(self, device: Device) -> str:
        return words.state_chip(device, now=timezone.now())

    @admin.display(description=_("Last seen"), ordering="last_seen_at")
    def last_seen(self, device: Device) -> str:
        return words.last_seen(device, now=timezone.now())

    @admin.display(description=_("Taps waiting in it"))
    def waiting(self, device: Device) -> str:
        return words.waiting(device)

    @admin.display(description=_("Clock"))
    def clock(self, device: Device) -> str:
        return words.clock_chip(device)


def _about(reader: Device) -> dict[str, Any]:
    """What the page of a reader shows beside its form."""
    now = timezone.now()
    heartbeat = words.heartbeat_of(reader)
    shows: Sequence[ReaderSection] = contributions().reader_sections
    taps = Tap.objects.filter(device=reader).with_names().order_by(*BY_RECEIPT)
    return {
        "reader": reader,
        "state": words.state_chip(reader, now=now),
        "job": words.job(reader),
        "last_seen": words.last_seen(reader, now=now),
        "waiting": words.waiting(reader),
        "clock": words.clock_chip(reader),
        "drift": drift_of(reader, now=now),
        "firmware": (heartbeat and heartbeat.firmware) or "",
        "series": reader.counted_series.all()[:LATEST],
        "to_count": ConflictingTap.objects.to_count().filter(device=reader).count(),
        "ignored": IgnoredKeys.objects.filter(device=reader).first(),
        "lines": told(history_of_reader(reader), Device)[:LATEST],
        "latest_taps": [words.in_words(tap) for tap in taps[:LATEST]],
        "sections": [html for show in shows if (html := show(reader))],
    }
