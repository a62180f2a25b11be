"""Turning pages into PDF: whether this machine can, and doing it.

WeasyPrint sets pages with Pango, a library of the operating system. Run as a module this says whether it is there, or
exits with 1; the Makefile asks it so that the rule is written once.
"""

import sys
from pathlib import Path
from types import ModuleType

from operational_db.file_formats.opening import FileFormatError, open_to_write
from operational_db.refusal import Refusal

NO_PANGO = (
    "PDF pages are set with Pango, which is not installed: have root install it (on Debian: apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core), or write the page alone "
    "(`explain --html`, `print-bills --no-pdf`) and print it from a browser."
)


def find_weasyprint() -> ModuleType | None:
    """The library that sets pages; None where the operating system lacks what it needs."""
    try:
        import weasyprint  # noqa: PLC0415  # loads Pango, and only printing needs that
    except OSError:
        return None
    return weasyprint


def require_weasyprint() -> ModuleType:
    """The library that sets pages.

    Raises:
        Refusal: Pango is not installed.
    """
    weasyprint = find_weasyprint()
    if weasyprint is None:
        raise Refusal(NO_PANGO)
    return weasyprint


def pdf_bytes(page: str) -> bytes:
    """The HTML page as a PDF file.

    Raises:
        Refusal: Pango is not installed.
    """
    weasyprint = require_weasyprint()
    # The page needs nothing from outside, and nothing in a name may make it fetch something.
    return weasyprint.HTML(string=page, url_fetcher=_fetch_nothing).write_pdf()


def write_file(path: Path, content: bytes) -> None:
    """The file whole, or a sentence that says why it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_to_write(path, FileFormatError) as file:
            file.write(content)
    except FileFormatError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror or error}; name another file.") from error


def _fetch_nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a bill refers to {url}, and bills need nothing from outside")


if __name__ == "__main__":
    if find_weasyprint() is None:
        sys.exit(1)
    sys.stdout.write("Pango for PDF pages: found\n")
