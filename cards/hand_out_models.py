"""That a card has reached whom it is for."""

from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.fields import LineField

LONGEST_NAME: Final = 150


class HandOut(models.Model):
    """Who took a card along, from whom and when; a card is handed out once, or not yet."""

    class How(models.TextChoices):
        TICK = "tick", _("Ticked")
        TAP = "tap", _("Tapped")

    card = models.OneToOneField(
        "cards.Card", models.CASCADE, primary_key=True, related_name="hand_out"
    )
    handed_out_at = models.DateTimeField(default=timezone.now)
    handed_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_by = LineField(
        max_length=LONGEST_NAME, blank=True, help_text="Who took it along; nothing: its holder."
    )
    how = models.CharField(max_length=4, choices=How, default=How.TICK)

    class Meta:
        verbose_name = _("hand-out")
        verbose_name_plural = _("hand-outs")

    def __str__(self) -> str:
        return f"{self.card} handed out by {self.handed_out_by}"


class HandOutTakenBack(models.Model):
    """That somebody said of a hand-out that it was none; what it had said stays here."""

    card = models.ForeignKey("cards.Card", models.CASCADE, related_name="+")
    handed_out_at = models.DateTimeField()
    handed_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_by = LineField(max_length=LONGEST_NAME, blank=True)
    taken_back_at = models.DateTimeField(default=timezone.now)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("hand-out taken back")
        verbose_name_plural = _("hand-outs taken back")

    def __str__(self) -> str:
        return f"{self.card} not handed out, says {self.taken_back_by}"
