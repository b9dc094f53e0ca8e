"""The WSGI entry point of the production server."""

import os

from embedded.private_files import keep_private

keep_private()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trackxpert.settings")

from core.handler import application as django_application  # noqa: E402

_application = django_application()

# Models need what was set up now.
from institution.watching import watch  # noqa: E402
from operations.observed import Observed  # noqa: E402
from pos.door import TapDoor  # noqa: E402

watch()

application = Observed(TapDoor(_application))
