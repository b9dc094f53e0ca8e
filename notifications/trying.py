"""A test message, by the way that notices go: whether mail and SMS are set up right."""

from typing import ClassVar
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from core.throttling import BulkThrottle
from institution.declared import INSTITUTION_SHORT_NAME
from institution.reading import setting
from institution.services import note_trial
from notifications.channels import BadGateway, Undelivered, channels_on
from notifications.models import Channel, Guardian
from notifications.sending import SENDERS
from office.views import OfficeView
from people.fields import clean_phone


def send_a_test(channel: Channel, recipient: str) -> None:
    """Raises Undelivered and BadGateway."""
    ours = setting(INSTITUTION_SHORT_NAME)
    with SENDERS[channel]() as sender:
        sender.send(
            notice_id=str(uuid4()),
            recipient=recipient,
            subject=gettext("{ours}: a test of TrackXpert").format(ours=ours),
            body=gettext("{ours}: this is a test of TrackXpert. Nothing has happened.").format(
                ours=ours
            ),
            stop_url="",
        )


def try_and_tell(request: HttpRequest, channel: Channel, recipient: str) -> bool:
    """At once, not by the outbox: whoever asks waits for how it ends. Whether it went out."""
    throttle = BulkThrottle()
    if not throttle.allows(str(request.user.pk)):
        seconds = int(throttle.wait())
        said = ngettext(
            "Too many at once: try again in {n} second.",
            "Too many at once: try again in {n} seconds.",
            seconds,
        )
        messages.error(request, said.format(n=seconds))
        return False
    try:
        send_a_test(channel, recipient)
    except BadGateway as error:
        said = gettext("Nothing was sent. {setting}: {why}")
        messages.error(request, said.format(setting=error.which.label, why=error.message))
    except Undelivered as error:
        messages.error(request, gettext("It did not go out. {why}").format(why=error.reason))
    else:
        said = gettext("Sent to {recipient}. Look whether it has arrived.")
        messages.success(request, said.format(recipient=recipient))
        return True
    return False


class TryView(OfficeView):
    """From the page of the settings, to whatever address is said there."""

    title = _("Send a test")
    capability = Capability.ADMINISTER
    http_method_names = ("post",)
    group: ClassVar[str]
    channel: ClassVar[Channel]

    def recipient(self, said: str) -> str:
        """Raises ValidationError."""
        raise NotImplementedError

    def post(self, request: HttpRequest) -> HttpResponse:
        page = redirect("admin:settings_group", self.group)
        if self.channel not in channels_on():
            messages.error(request, gettext("Nothing was sent: it is not set up."))
            return page
        try:
            recipient = self.recipient(request.POST.get("to", "").strip())
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return page
        if try_and_tell(request, self.channel, recipient):
            note_trial(group=self.group, by=self.user.pk)
        return page


class TryContact(OfficeView):
    """From the page of a student: whether a message gets to this guardian."""

    route = "notifications/guardian/<uuid:pk>/try/"
    url_name = "try_contact"
    title = _("Send a test")
    capability = Capability.MANAGE_PEOPLE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        guardian = get_object_or_404(Guardian, pk=pk)
        said = request.POST.get("channel", "")
        recipient = guardian.address(said)
        if guardian.stopped or not recipient:
            words = gettext("Nothing was sent: they are not told by this way.")
            messages.error(request, words)
        elif said not in channels_on():
            words = gettext("Nothing was sent: {way} is not set up.")
            messages.error(request, words.format(way=Channel(said).label))
        else:
            try_and_tell(request, Channel(said), recipient)
        return redirect("admin:students_student_change", guardian.student_id)


class TryMail(TryView):
    route = "settings/mail/try/"
    url_name = "try_mail"
    group = "mail"
    channel = Channel.EMAIL

    def recipient(self, said: str) -> str:
        validate_email(said)
        return said


class TrySms(TryView):
    route = "settings/sms/try/"
    url_name = "try_sms"
    group = "sms"
    channel = Channel.SMS

    def recipient(self, said: str) -> str:
        if not said:
            raise ValidationError(gettext("Enter a phone number."))
        return clean_phone(said)
