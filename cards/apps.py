from django.apps import AppConfig

from accounts.roles import Capability


class CardsConfig(AppConfig):
    name = "cards"
    office = "cards.office.contribution.CONTRIBUTION"
    reading = Capability.READ_CARDS
    writing = Capability.MANAGE_CARDS
