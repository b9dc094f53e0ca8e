"""A process that runs notices by itself what another has changed."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings as installation
from django.db import connection

from institution.models import SettingsVersion

WATCHER = """
import sys, django
django.setup()
from institution.declared import INSTITUTION_NAME
from institution.reading import setting
from institution.watching import watch
watch()
print(setting(INSTITUTION_NAME), flush=True)
import time
while setting(INSTITUTION_NAME) != "Kibo":
    time.sleep(0.05)
print(setting(INSTITUTION_NAME), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_a_running_process_follows_within_seconds() -> None:
    database = connection.settings_dict
    address = (
        f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:"
        f"{database['PORT']}/{database['NAME']}"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHER],
        cwd=installation.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "trackxpert.settings",
            "DATABASE_URL": address,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    timer = threading.Timer(60, process.kill)
    timer.start()
    with process:
        assert process.stdout is not None
        assert "INSTITUTE" in process.stdout.readline()
        SettingsVersion.objects.create(
            version=1, texts={"INSTITUTION_NAME": "Kibo"}, changed=["INSTITUTION_NAME"]
        )
        assert process.stdout.readline().strip() == "Kibo"
    timer.cancel()
