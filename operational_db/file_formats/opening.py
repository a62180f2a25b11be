"""How is a file opened, and how does a written one appear only when it is whole?

Belongs here: opening for reading and writing with a sentence instead of an operating system's error.
Does not belong here: anything that knows a format.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


class FileFormatError(Exception):
    """A file that cannot be read or written; the message is one sentence for the user."""


@contextmanager
def open_to_read(path: Path, refuse: type[FileFormatError], mode: str = "rb", **how: str) -> Iterator[IO[Any]]:
    """Open a file for reading; what the operating system refuses becomes `refuse`."""
    try:
        with path.open(mode, **how) as file:
            yield file
    except OSError as error:
        reason = error.strerror or error
        raise refuse(f"{path} cannot be read: {reason}; check the name and the permissions.") from error


@contextmanager
def open_to_write(path: Path, refuse: type[FileFormatError], mode: str = "wb", **how: str) -> Iterator[IO[Any]]:
    """Open a file that takes its name only when the block ends well, so that no half file is ever found."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open(mode, **how) as file:
            yield file
        part.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise refuse(f"{path} cannot be written: {reason}; check the folder and the free space.") from error
    finally:
        part.unlink(missing_ok=True)
