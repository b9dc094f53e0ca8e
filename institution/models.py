"""What the office has decided: one row for each change of settings, and what is kept beside."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SettingsVersion(models.Model):
    """All that the office has decided so far, as of one change; the newest is what holds.

    A secret stands in `changed`, and its value nowhere in here.
    """

    version = models.PositiveIntegerField(primary_key=True)
    texts = models.JSONField(
        help_text="By name; what is missing is the environment's or the default."
    )
    changed = ArrayField(models.CharField(max_length=60))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        verbose_name = _("change of settings")
        verbose_name_plural = _("changes of settings")
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="history_stays", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"Settings {self.version}"


class SealedSecret(models.Model):
    """A secret that somebody else has given us; see `institution.sealing`."""

    name = models.CharField(primary_key=True, max_length=60)
    salt = models.CharField(max_length=64)
    sealed = models.TextField()

    def __str__(self) -> str:
        return self.name


class Logo(models.Model):
    """A picture that was uploaded; under the digest of what it is, so that it never changes."""

    class Format(models.TextChoices):
        SVG = "svg", "SVG"
        PNG = "png", "PNG"

    digest = models.CharField(primary_key=True, max_length=64)
    format = models.CharField(max_length=3, choices=Format.choices)
    content = models.BinaryField(help_text="For pages.")
    printed = models.BinaryField(help_text="The same in dots, for paper: PNG.")
    uploaded_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Logo {self.digest[:8]}"


class Trial(models.Model):
    """That settings of a group have been tried out, and that it worked."""

    group = models.CharField(primary_key=True, max_length=20)
    worked_at = models.DateTimeField(default=timezone.now)
    tried_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.group


class LeftAsItIs(models.Model):
    """A step of the set-up that an administrator says is not needed here."""

    step = models.CharField(primary_key=True, max_length=40)
    said_at = models.DateTimeField(default=timezone.now)
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.step
