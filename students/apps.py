from django.apps import AppConfig


class StudentsConfig(AppConfig):
    name = "students"

    def ready(self) -> None:
        from people.kinds import add_kind
        from people.models import Import
        from students.serializers import StudentSerializer

        add_kind(Import.Kind.STUDENTS, StudentSerializer)
