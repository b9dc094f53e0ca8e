from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PosConfig(AppConfig):
    name = "pos"
    verbose_name = _("Readers")
    office = "pos.office.contribution.CONTRIBUTION"
    setting_rules = ("pos.services.zone_faults",)

    def ready(self) -> None:
        from attendance.hooks import doubt_closing
        from people.undoing import also_moved_on
        from pos import checks  # noqa: F401  (registers the system checks)
        from pos.tapped_cards import tapped_since
        from pos.waiting import readers_with_taps_to_come

        doubt_closing(readers_with_taps_to_come)
        also_moved_on("cards.Card", tapped_since)
