"""Two steps: a code of one's telephone beside the password, switched on and off by oneself."""

import base64
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin
from qrcode.main import QRCode

from accounts import one_time_codes, services
from accounts.models import SecondFactor
from core.client_address import client_network
from core.errors import DomainError
from office.moments import ago
from office.views import OfficeView

DOT_PIXELS = 5


class TwoSteps(TemplateResponseMixin, OfficeView):
    """The page of one's own second factor."""

    route = "two-steps/"
    url_name = "two_steps"
    title = _("Two steps")
    template_name = "admin/two_steps.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        """`do` names the button; what is refused is said above the page that stays."""
        guess: dict[str, Any] = {
            "user": self.user,
            "password": request.POST.get("password", ""),
            "otp": request.POST.get("otp", "").strip(),
            "address": client_network(request),
        }
        try:
            match request.POST.get("do"):
                case "begin":
                    return self.shown(factor=services.begin_second_factor(user=self.user))
                case "confirm":
                    return self.shown(codes=services.confirm_second_factor(**guess))
                case "renew":
                    return self.shown(codes=services.renew_recovery_codes(**guess))
                case "off":
                    services.switch_off_second_factor(**guess)
                    messages.success(
                        request, gettext("Two steps are off: your password is enough.")
                    )
        except DomainError as error:
            messages.error(request, error.message)
            if request.POST.get("do") == "confirm":
                return self.shown(factor=SecondFactor.objects.filter(user=self.user).first())
        return self.shown()

    def shown(
        self, *, factor: SecondFactor | None = None, codes: list[str] | None = None
    ) -> HttpResponse:
        """`factor`: one that waits for its first code. `codes`: shown here and never again."""
        self.user.refresh_from_db()
        since = self.user.second_factor_since
        context: dict[str, Any] = {
            "codes": codes,
            "since": ago(since, now=timezone.now()) if since else "",
            "codes_left": self.user.recovery_codes.count(),
            "is_required": self.user.lacks_second_factor,
        }
        if factor is not None and since is None:
            context |= {
                "secret": _in_groups(one_time_codes.secret_of(factor)),
                "picture": _picture(one_time_codes.enrolment_uri(factor)),
            }
        return self.render_to_response(self.get_context_data(**context))


def _in_groups(secret: str) -> str:
    """As somebody reads it aloud or types it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _picture(text: str) -> str:
    """A QR code as the address of a picture in the page itself: it is kept nowhere."""
    code: QRCode[Any] = QRCode(box_size=DOT_PIXELS)
    code.add_data(text)
    picture = io.BytesIO()
    code.make_image().save(picture, "PNG")
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
