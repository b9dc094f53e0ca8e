from django.apps import AppConfig

from accounts.roles import Capability


class CardsConfig(AppConfig):
    name = "cards"
    office = "cards.office.contribution.CONTRIBUTION"
    reading = Capability.READ_CARDS
    writing = Capability.MANAGE_CARDS

    def ready(self) -> None:
        from cards.undoing import printed_since, retired_since
        from people.undoing import also_moved_on

        also_moved_on("cards.Card", retired_since)
        also_moved_on("cards.Card", printed_since)
