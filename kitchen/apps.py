from django.apps import AppConfig

from accounts.roles import Capability


class KitchenConfig(AppConfig):
    name = "kitchen"
    office = "kitchen.office.contribution.CONTRIBUTION"
    reading = Capability.READ_MEALS
    writing = Capability.MANAGE_MEALS
