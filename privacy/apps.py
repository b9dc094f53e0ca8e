from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"
    office = "privacy.office.CONTRIBUTION"
