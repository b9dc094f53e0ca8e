from django.apps import AppConfig

from accounts.roles import Capability


class KitchenConfig(AppConfig):
    name = "kitchen"
    office = "kitchen.office.contribution.CONTRIBUTION"
    reading = writing = Capability.MANAGE_MEALS
