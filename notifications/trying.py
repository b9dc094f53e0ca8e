"""A test message, by the way that notices go: whether mail and SMS are set up right."""

from typing import ClassVar
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.roles import Capability
from institution.declared import INSTITUTION_SHORT_NAME
from institution.reading import setting
from institution.services import note_trial
from notifications.channels import BadGateway, Mail, Sender, Sms, Undelivered, channels_on
from notifications.models import Channel
from office.views import OfficeView
from people.fields import clean_phone


class TryView(OfficeView):
    """Sends at once, not by the outbox: whoever asks waits for how it ends."""

    title = "Send a test"
    capability = Capability.ADMINISTER
    http_method_names = ("post",)
    group: ClassVar[str]
    channel: ClassVar[Channel]
    sender: ClassVar[type[Sender]]

    def recipient(self, said: str) -> str:
        """Raises ValidationError."""
        raise NotImplementedError

    def post(self, request: HttpRequest) -> HttpResponse:
        page = redirect("admin:settings_group", self.group)
        if self.channel not in channels_on():
            messages.error(request, "Nothing was sent: it is not set up.")
            return page
        try:
            recipient = self.recipient(request.POST.get("to", "").strip())
            self.send_to(recipient)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        except BadGateway as error:
            messages.error(request, f"Nothing was sent. {error.which.label}: {error.message}")
        except Undelivered as error:
            messages.error(request, f"It did not go out. {error.reason}")
        else:
            note_trial(group=self.group, by=self.user.pk)
            messages.success(request, f"Sent to {recipient}. Look whether it has arrived.")
        return page

    def send_to(self, recipient: str) -> None:
        """Raises Undelivered and BadGateway."""
        ours = setting(INSTITUTION_SHORT_NAME)
        with self.sender() as sender:
            sender.send(
                notice_id=str(uuid4()),
                recipient=recipient,
                subject=f"{ours}: a test of TrackXpert",
                body=f"{ours}: this is a test of TrackXpert. Nothing has happened.",
                stop_url="",
            )


class TryMail(TryView):
    route = "settings/mail/try/"
    url_name = "try_mail"
    group = "mail"
    channel = Channel.EMAIL
    sender = Mail

    def recipient(self, said: str) -> str:
        validate_email(said)
        return said


class TrySms(TryView):
    route = "settings/sms/try/"
    url_name = "try_sms"
    group = "sms"
    channel = Channel.SMS
    sender = Sms

    def recipient(self, said: str) -> str:
        if not said:
            raise ValidationError("Enter a phone number.")
        return clean_phone(said)
