"""The WSGI entry point of the production server."""

import os

from django.core.wsgi import get_wsgi_application

from embedded.private_files import keep_private

keep_private()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trackxpert.settings")
application = get_wsgi_application()
