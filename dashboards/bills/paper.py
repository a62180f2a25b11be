"""Turning pages into PDF and writing them. Whether this machine can is asked in `operational_db.pango`."""

from pathlib import Path

from operational_db.file_formats.opening import FileFormatError, open_to_write
from operational_db.pango import pdf_of
from operational_db.refusal import Refusal


def pdf_bytes(page: str) -> bytes:
    """The HTML page as a PDF file.

    Raises:
        Refusal: Pango is not installed.
    """
    return pdf_of(page)


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
