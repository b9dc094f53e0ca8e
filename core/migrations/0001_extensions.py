"""Both extensions are trusted: the owner of the database may create them, no superuser needed."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        # search_text columns: any part of a name or number
        TrigramExtension(),
        # periods that must not overlap
        BtreeGistExtension(),
    ]
