"""What a command finds around it: settings from the environment and a database that is built."""

import sys

from operational_db.settings import Settings, load_settings
from orchestration.readiness import ensure_built


def settings_with_database() -> Settings:
    """The settings, after making sure that their database can be worked in."""
    settings = load_settings()
    if ensure_built(settings):
        # On standard error: standard output is the answer, which a program may read.
        sys.stderr.write("Built the database and loaded its reference data, since it was empty.\n")
    return settings
