"""Turning pages into PDF and writing them. Whether this machine can is asked in `operational_db.pango`."""

from pathlib import Path

from operational_db.file_formats.opening import FileFormatError, open_to_write
from operational_db.pango import require_weasyprint
from operational_db.refusal import Refusal


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
