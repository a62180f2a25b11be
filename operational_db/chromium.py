"""Whether this machine has a Chromium to print pages and to drive in tests.

Run as a module it prints the path, or exits with 1; the Makefile asks it so that the rule is written once.
"""

import shutil
import sys
from pathlib import Path

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path | None:
    found = (shutil.which(program) for program in _PROGRAMS)
    return next((Path(path) for path in found if path is not None), None)


if __name__ == "__main__":
    chromium = find_chromium()
    if chromium is None:
        sys.exit(1)
    sys.stdout.write(f"Chromium for the browser tests: {chromium}\n")
