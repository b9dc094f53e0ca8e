from django.apps import AppConfig

from accounts.roles import Capability


class CardsConfig(AppConfig):
    name = "cards"
    office = "cards.office.contribution.CONTRIBUTION"
    reading = writing = Capability.MANAGE_CARDS
