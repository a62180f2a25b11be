"""Whether this machine has the library that sets pages as PDF: WeasyPrint works with Pango, which is not Python's.

Run as a module it says so, or exits with 1; the Makefile asks it so that the rule is written once.
"""

import sys
from types import ModuleType

from operational_db.refusal import Refusal

NO_PANGO = (
    "PDF pages are set with Pango, which is not installed: have root install it (on Debian: apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core), or write the page alone "
    "(`wattbook explain --html`, `wattbook print-bills --no-pdf`, `wattbook protocol --no-pdf`) and print it from a "
    "browser."
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


def pdf_of(page: str) -> bytes:
    """An HTML page as a PDF file. It needs nothing from outside, and nothing in a name may make it fetch something.

    Raises:
        Refusal: Pango is not installed.
    """
    return require_weasyprint().HTML(string=page, url_fetcher=_fetch_nothing).write_pdf()


def _fetch_nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a page refers to {url}, and our papers need nothing from outside")


if __name__ == "__main__":
    if find_weasyprint() is None:
        sys.exit(1)
    sys.stdout.write("Pango for PDF pages: found\n")
