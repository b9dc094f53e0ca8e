from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import waits, watch

        watch.slow.seconds = settings.SLOW_QUERY_SECONDS or float("inf")

        connection_created.connect(waits.tell_new_connection)
        pre_migrate.connect(waits.before_migrations)
        post_migrate.connect(waits.after_migrations)
