from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "staff"

    def ready(self) -> None:
        from people.kinds import add_kind
        from people.models import Import
        from staff.serializers import StaffSerializer

        add_kind(Import.Kind.STAFF, StaffSerializer)
