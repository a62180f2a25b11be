"""Which rows of which files were rejected in a load, and which of them came back? One place for going out and back.

Belongs here: rejected rows with their original cells, those that returned before. Does not belong here: files
(`old_layout`), judging what returns (`returning`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.landed_files import copied_file
from legacy_migration.profile import FileRule, Profile, is_known, read_profile
from legacy_migration.rejects.old_layout import OutRow, goes_out_as, out_name
from legacy_migration.source_rows import read_rows
from operational_db.refusal import Refusal


@dataclass(frozen=True)
class RejectedFile:
    """A file of a load with rejected rows, and how it goes out."""

    file_id: int
    path: str
    columns: tuple[str, ...]
    copy: Path
    rule: FileRule
    written_by: FileRule
    rows: dict[int, OutRow]
    unreadable: dict[int, list[str]] = field(default_factory=dict)
    """Row: columns with bytes that are no letters; a ragged row has all of its columns there."""

    @property
    def name(self) -> str:
        return out_name(self.path, self.rule, self.written_by)


_FILES: Final = (
    "SELECT f.file_id, f.path, f.columns, f.described_as FROM landing.file AS f WHERE f.load_id = %(load_id)s "
    "AND EXISTS (SELECT 1 FROM migration.verdict AS d WHERE d.load_id = %(load_id)s AND d.file_id = f.file_id "
    "AND d.verdict = 'rejected') ORDER BY f.path"
)
_ROWS: Final = (
    "SELECT d.row_no, string_agg(DISTINCT d.reason_code, ' ' ORDER BY d.reason_code), "
    "string_agg(DISTINCT d.sentence, ' ' ORDER BY d.sentence) FROM migration.verdict AS d "
    "WHERE d.load_id = %s AND d.file_id = %s AND d.verdict = 'rejected' GROUP BY d.row_no ORDER BY d.row_no"
)
RETURNED: Final = (
    "SELECT b.rejected_file_id, b.rejected_row_no, p.protocol_id FROM migration.returned_row AS b "
    "INNER JOIN landing.load AS l ON l.load_id = b.load_id INNER JOIN migration.protocol AS p ON p.load_id = l.load_id "
    "WHERE l.corrects_load_id = %(load_id)s AND NOT EXISTS (SELECT 1 FROM migration.protocol_event AS e "
    "WHERE e.protocol_id = p.protocol_id AND e.event = 'withdrawn')"
)


def profile_of_load(session: psycopg.Connection, load_id: int, name_or_path: str | None) -> Profile:
    """The profile by which the load was read; refuses another one, or a text of it that has changed since."""
    name, sha256 = session.execute(
        "SELECT profile, profile_sha256 FROM landing.load WHERE load_id = %s", [load_id]
    ).fetchone()
    if name_or_path is None and not is_known(name):
        raise Refusal(
            f'The profile "{name}" of this load is a file of your own; name it with --profile, such as '
            f"--profile {name}.yaml."
        )
    profile = read_profile(name_or_path or name)
    if profile.sha256 != sha256:
        raise Refusal(
            f'The profile "{name_or_path or name}" is not the one that the load was read by (its hash begins with '
            f"{profile.sha256[:8]}, that of the load with {sha256[:8]}); give the file of that profile with --profile."
        )
    return profile


def returned_before(session: psycopg.Connection, load_id: int) -> dict[tuple[int, int], int]:
    """Rejected rows of the load that came back: file and row, and the protocol in which they were judged again."""
    return {
        (file_id, row_no): protocol_id
        for file_id, row_no, protocol_id in session.execute(RETURNED, {"load_id": load_id})
    }


@contextmanager
def rejected_file(
    session: psycopg.Connection, load_id: int, profile: Profile, row: tuple[int, str, list[str], str]
) -> Iterator[RejectedFile]:
    """One file with the rejected rows as they came, read from the bytes that were landed."""
    file_id, path, columns, described_as = row
    rule = profile.file(described_as)
    told = {
        row_no: (reasons, sentences)
        for row_no, reasons, sentences in session.execute(_ROWS, [load_id, file_id]).fetchall()
    }
    with copied_file(session, file_id) as copy:
        rule = landed_by(session, file_id, rule)
        found, unreadable = {}, {}
        for batch in read_rows(copy, rule):
            wanted = [index for index, row_no in enumerate(batch.row_no.tolist()) if row_no in told]
            for index in wanted:
                row_no = int(batch.row_no[index])
                cells = {name: cell[index].as_py() for name, cell in batch.text.items()}
                found[row_no] = OutRow(row_no, cells, *told[row_no])
                if row_no in batch.ragged:
                    unreadable[row_no] = list(columns)
                elif row_no in batch.undecodable:
                    unreadable[row_no] = batch.undecodable[row_no]
        lost = set(told) - set(found)
        if lost:
            raise Refusal(f"The file {path} no longer has row {min(lost)}, which was rejected; restore the database.")
        yield RejectedFile(file_id, path, tuple(columns), copy, rule, goes_out_as(rule, copy), found, unreadable)


def landed_by(session: psycopg.Connection, file_id: int, rule: FileRule) -> FileRule:
    """The rule by which the bytes are read: a file that returned as a table of rows was landed as one."""
    (file_format, encoding) = session.execute(
        "SELECT format, encoding FROM landing.file WHERE file_id = %s", [file_id]
    ).fetchone()
    if file_format == rule.format:
        return rule
    return replace(rule, format=file_format, encoding=encoding, delimiter=";")


def files_with_rejects(session: psycopg.Connection, load_id: int) -> list[tuple[int, str, list[str], str]]:
    """Files of the load that have rejected rows, by path."""
    return session.execute(_FILES, {"load_id": load_id}).fetchall()
