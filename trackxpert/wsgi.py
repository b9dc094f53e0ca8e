"""The WSGI entry point of the production server."""

import os

from django.core.wsgi import get_wsgi_application

from embedded.private_files import keep_private

keep_private()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trackxpert.settings")
_application = get_wsgi_application()

# Models need the settings that are there now.
from institution.watching import watch  # noqa: E402
from operations.observed import Observed  # noqa: E402
from pos.door import TapDoor  # noqa: E402

watch()

application = Observed(TapDoor(_application))
