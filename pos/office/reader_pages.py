"""What is done to one reader: each asks first, and does it by POST."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from office.moments import clock
from office.views import ConfirmView
from pos import services
from pos.models import ConflictingTap, Device
from pos.office.qr import qr_svg
from pos.pairing import ReaderIsOff, make_pairing_code
from pos.restarts import count_conflicts, may_count


def key_page(request: HttpRequest, *, device: Device, key: str, is_new: bool) -> HttpResponse:
    """The one answer that holds this key, with all that the reader has to be told."""
    context = {
        **admin.site.each_context(request),
        "title": gettext("Key of {reader}").format(reader=device.name),
        "reader": device,
        "key": key,
        "is_new": is_new,
        "header": f"Authorization: Device {key}",
        "taps_url": request.build_absolute_uri(reverse("tap-list")),
        "qr": qr_svg(key, label=gettext("The key as a QR code")),
    }
    return TemplateResponse(request, "pos/office/key.html", context)


class ReaderPage(ConfirmView):
    @cached_property
    def reader(self) -> Device:
        return get_object_or_404(Device, pk=self.kwargs["pos_id"])

    @property
    def back(self) -> str:
        return reverse("admin:pos_device_change", args=[self.reader.pk])

    @property
    def back_name(self) -> str:
        return self.reader.name


class NewKey(ReaderPage):
    route = "pos/device/<uuid:pos_id>/new-key/"
    url_name = "pos_device_new_key"
    title = _("Give this reader a new key")
    action = _("Make a new key")

    def warning(self) -> str:
        return gettext(
            "The old key of {reader} opens nothing from that moment on: the reader sends no "
            "tap until the new key is in it. The new key is shown once."
        ).format(reader=self.reader)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        key = services.roll_key(device=self.reader)
        return key_page(request, device=self.reader, key=key, is_new=False)


class Switch(ReaderPage):
    """Off, or on again."""

    route = "pos/device/<uuid:pos_id>/switch/"
    url_name = "pos_device_switch"
    title = _("Switch a reader off or on")

    def warning(self) -> str:
        if self.reader.is_active:
            said = gettext(
                "From that moment on {reader} is refused. Its taps stay; those that wait in "
                "it are sent when it is switched on again."
            )
        else:
            said = gettext("{reader} may send taps again, with the key that it has.")
        return said.format(reader=self.reader)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_active = self.reader.is_active
        title = gettext("Switch off {reader}") if is_active else gettext("Switch on {reader}")
        asked = {
            "title": title.format(reader=self.reader.name),
            "action": gettext("Switch off") if is_active else gettext("Switch on"),
            "is_dangerous": is_active,
            "value": "off" if is_active else "on",
        }
        return super().get_context_data(**{**asked, **kwargs})

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        # What the page asked, not the opposite of what is: somebody else may have been quicker.
        is_active = request.POST.get("value") == "on"
        readers = Device.objects.filter(pk=self.reader.pk)
        services.switch_readers(readers=readers, is_active=is_active)
        if is_active:
            said = gettext("{reader} is on.")
        else:
            said = gettext("{reader} is off: its key opens nothing.")
        messages.success(request, said.format(reader=self.reader.name))
        return redirect(self.back)


class CountThem(ReaderPage):
    """Taps of ids that this reader had used: it began them again, and was told so."""

    route = "pos/device/<uuid:pos_id>/count/"
    url_name = "pos_device_count"
    title = _("Count taps of ids that had been used")
    action = _("Count them")
    capability = Capability.READ_TAPS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        assert isinstance(request.user, User)
        if request.user.may(self.capability) and not may_count(request.user, self.reader):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def back(self) -> str:
        return f"{reverse('admin:pos_conflictingtap_changelist')}?reader={self.reader.pk}"

    def warning(self) -> str:
        waiting = ConflictingTap.objects.to_count().filter(device=self.reader)
        span = waiting.aggregate(
            number=Count("pk"), first=Min("received_at"), last=Max("received_at")
        )
        if not span["number"]:
            said = gettext("{reader} has sent nothing that waits to be counted.")
            return said.format(reader=self.reader)
        said = ngettext(
            "{reader} sent {n} tap of other cards under ids that it had used, between "
            "{first} and {last}, as one does that was made new. "
            "They go into the days or meals of their holders as of when they were made. Let its "
            "firmware say another series whenever its ids begin again.",
            "{reader} sent {n} taps of other cards under ids that it had used, between "
            "{first} and {last}, as one does that was made new. "
            "They go into the days or meals of their holders as of when they were made. Let its "
            "firmware say another series whenever its ids begin again.",
            span["number"],
        )
        first, last = clock(span["first"]), clock(span["last"])
        return said.format(reader=self.reader, n=span["number"], first=first, last=last)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        number = count_conflicts(device=self.reader, by=self.user)
        said = ngettext("{n} tap counted.", "{n} taps counted.", number)
        messages.success(request, said.format(n=number))
        return redirect(self.back)


class PairBrowser(ReaderPage):
    route = "pos/device/<uuid:pos_id>/pair/"
    url_name = "pos_device_pair"
    title = _("Pair a phone or PC")
    action = _("Make a code")

    def warning(self) -> str:
        return gettext(
            "A phone or PC becomes {reader} by a code that holds for ten minutes. When the "
            "code is used, whatever has this reader's key now stops."
        ).format(reader=self.reader)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            made = make_pairing_code(device=self.reader, by=self.user)
        except ReaderIsOff as error:
            messages.error(request, error.message)
            return redirect(self.back)
        page = request.build_absolute_uri(reverse("reader"))
        label = gettext("The address with the code, as a QR code")
        context = self.get_context_data(
            reader=self.reader,
            code=made.code,
            expires_at=made.expires_at,
            page=page,
            # In the fragment, which no browser sends: no log has the code.
            qr=qr_svg(f"{page}#{made.code}", label=label),
        )
        return TemplateResponse(request, "pos/office/pairing_code.html", context)
