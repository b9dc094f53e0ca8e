"""The form of a webhook."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from webhooks.addresses import BadUrl, check_url
from webhooks.models import CHOICES, Webhook


class WebhookForm(forms.ModelForm[Webhook]):
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=CHOICES,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What it is told of. A whole family takes in what is added to it later."),
    )

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = ("url", "description", "events", "is_active")
        widgets = {"url": forms.URLInput}

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if "url" in self.changed_data:
            try:
                check_url(url)
            except BadUrl as error:
                raise forms.ValidationError(str(error)) from error
        return url


class NewWebhookForm(WebhookForm):
    """Sent twice, as by a reload of the page that shows the secret, it registers one webhook."""

    number = forms.UUIDField(
        label=_("Number"), widget=forms.HiddenInput, required=False, initial=uuid4
    )

    class Meta(WebhookForm.Meta):
        fields = ("url", "description", "events")

    def clean(self) -> dict[str, Any]:
        number: UUID | None = self.cleaned_data.pop("number", None)
        if number and Webhook.objects.filter(pk=number).exists():
            raise forms.ValidationError(
                gettext(
                    "This webhook is registered already, and its secret was shown. Find it in the "
                    "list: there it gets a new secret, if this one is lost."
                )
            )
        return {**self.cleaned_data, "webhook_id": number or self.instance.pk}
