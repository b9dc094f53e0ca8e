from django.apps import AppConfig

from accounts.roles import Capability


class KitchenConfig(AppConfig):
    name = "kitchen"
    reading = writing = Capability.MANAGE_MEALS
