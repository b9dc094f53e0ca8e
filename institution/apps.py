from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstitutionConfig(AppConfig):
    """What an institution decides about itself, and where everybody reads it."""

    name = "institution"
    verbose_name = _("Settings")
    office = "institution.office.contribution.CONTRIBUTION"

    def ready(self) -> None:
        from django_q.signals import pre_execute

        from institution import checks  # noqa: F401  (registers the system checks)
        from institution.reading import refresh

        def before_task(**kwargs: object) -> None:
            refresh()

        pre_execute.connect(before_task, weak=False, dispatch_uid="institution.reading")
