from django.apps import AppConfig


class PosConfig(AppConfig):
    name = "pos"
    verbose_name = "Readers"

    def ready(self) -> None:
        # They register themselves: the system checks, and what a page of attendance shows of taps.
        from pos import checks, day_taps  # noqa: F401
