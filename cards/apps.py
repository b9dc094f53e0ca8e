from django.apps import AppConfig

from accounts.roles import Capability


class CardsConfig(AppConfig):
    name = "cards"
    reading = writing = Capability.MANAGE_CARDS
