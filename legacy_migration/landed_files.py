"""Which bytes did a legacy file have? Files kept in the database piece by piece, and given back as they came.

Belongs here: storing the pieces of a file, writing a checked copy, the rows of a stored file for a later look.
Does not belong here: which files a dump has (`landing`), what a cell means (`typed_rows`).
"""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

import psycopg

from legacy_migration.profile import FileRule
from legacy_migration.source_rows import SourceBatch, read_rows
from operational_db.refusal import Refusal

CHUNK_BYTES: Final = 4 * 1024 * 1024


def store_bytes(session: psycopg.Connection, files: Mapping[int, Path]) -> dict[int, str]:
    """Keep the bytes of files; returns the hash of what was kept of each. The caller commits."""
    kept = {}
    with session.cursor().copy(
        "COPY landing.file_chunk (file_id, chunk_no, content) FROM STDIN (FORMAT BINARY)"
    ) as copy:
        copy.set_types(["int8", "int4", "bytea"])
        for file_id, path in files.items():
            hashed = hashlib.sha256()
            with path.open("rb") as file:
                chunk_no = 0
                while content := file.read(CHUNK_BYTES):
                    hashed.update(content)
                    copy.write_row((file_id, chunk_no, content))
                    chunk_no += 1
            kept[file_id] = hashed.hexdigest()
    return kept


def write_copy(session: psycopg.Connection, file_id: int, target: Path) -> Path:
    """Write the stored bytes of a file to `target`; refuses if they are not those that the load was made from."""
    row = session.execute("SELECT path, sha256 FROM landing.file WHERE file_id = %s", [file_id]).fetchone()
    if row is None:
        raise Refusal(f"There is no landed file {file_id}; name one of a load that is there.")
    path, sha256 = row
    hashed = hashlib.sha256()
    # One piece at a time: a file may be larger than memory.
    numbers = session.execute(
        "SELECT chunk_no FROM landing.file_chunk WHERE file_id = %s ORDER BY chunk_no", [file_id]
    ).fetchall()
    with target.open("wb") as copy:
        for (chunk_no,) in numbers:
            (content,) = session.execute(
                "SELECT content FROM landing.file_chunk WHERE file_id = %s AND chunk_no = %s",
                [file_id, chunk_no],
                binary=True,
            ).fetchone()
            hashed.update(content)
            copy.write(content)
    if hashed.hexdigest() != sha256:
        target.unlink()
        raise Refusal(
            f"The stored bytes of {path} (file {file_id}) have the hash {hashed.hexdigest()}, the load was made from "
            f"{sha256}; restore landing.file_chunk from a backup, or migrate the dump again."
        )
    return target


@contextmanager
def copied_file(session: psycopg.Connection, file_id: int) -> Iterator[Path]:
    """The stored file in a folder of its own for as long as it is looked at, with its memos beside it."""
    beside = session.execute(
        "SELECT o.file_id, o.path FROM landing.file AS f INNER JOIN landing.file AS o ON o.load_id = f.load_id "
        "AND lower(regexp_replace(o.path, '[.][^./]*$', '')) = lower(regexp_replace(f.path, '[.][^./]*$', '')) "
        "WHERE f.file_id = %s",
        [file_id],
    ).fetchall()
    with tempfile.TemporaryDirectory(prefix="wattbook-landed-") as folder:
        copies = {
            other_id: write_copy(session, other_id, Path(folder) / PurePosixPath(path).name)
            for other_id, path in beside
        }
        if file_id not in copies:
            raise Refusal(f"There is no landed file {file_id}; name one of a load that is there.")
        yield copies[file_id]


def stored_rows(session: psycopg.Connection, file_id: int, rule: FileRule) -> Iterator[SourceBatch]:
    """The rows of a landed file as its reader sees them, from the stored bytes: the dump's folder may be gone."""
    with copied_file(session, file_id) as path:
        yield from read_rows(path, rule)


def stored_cells(session: psycopg.Connection, file_id: int, rule: FileRule, row_no: int) -> dict[str, str] | None:
    """One row of a landed file as text by column; None where the file has no such row."""
    for batch in stored_rows(session, file_id, rule):
        places = (batch.row_no == row_no).nonzero()[0]
        if len(places):
            return {name: cells[int(places[0])].as_py() for name, cells in batch.text.items()}
    return None
