"""Raw rows into the database, file by file, each whole or not at all.

Belongs here: finding the files of a dump, hashing them, copying their rows as text, continuing a killed run.
Does not belong here: what a cell means (`typed_rows`), which rows are good (`verdicts`).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from legacy_migration.encodings import encoding_of
from legacy_migration.profile import FileRule, Profile
from legacy_migration.source_evidence import SourceEvidence
from legacy_migration.source_rows import ColumnSum, SourceBatch, columns_of, read_rows, sum_of_column
from legacy_migration.typed_rows import chosen_alternatives
from operational_db.file_formats.code_pages import flat_utf8
from operational_db.refusal import Refusal

Progress = Callable[[str, int, int], None]
FILES_PER_COMMIT_MAX = 50
BYTES_PER_COMMIT_MAX = 4_000_000


@dataclass(frozen=True)
class DumpFile:
    """One file of the dump and what the profile takes it for."""

    path: Path
    relative: str
    rule: FileRule | None
    folder_value: str | None
    sha256: str
    byte_count: int


def find_files(directory: Path, profile: Profile) -> list[DumpFile]:
    """Every file below the directory with its hash; refuses a dump that lacks a required one."""
    if not directory.is_dir():
        raise Refusal(f"There is no directory {directory}; give the folder that holds the legacy files.")
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    if not paths:
        raise Refusal(f"The directory {directory} holds no files; give the folder that holds the legacy files.")
    found = []
    for path in paths:
        relative = path.relative_to(directory).as_posix()
        rule, folder_value = _described(relative, profile)
        if not path.stat().st_size:
            raise Refusal(f"The file {path} is empty; ask for it again.")
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        found.append(DumpFile(path, relative, rule, folder_value, sha256, path.stat().st_size))
    present = {name for file in found if file.rule for name in _stands_for(file.rule)}
    for rule in profile.files:
        if rule.is_required and rule.name not in present:
            raise Refusal(
                f'The dump {directory} has no file {rule.path} ("{rule.name}" in the profile {profile.name}); '
                f"ask for it, "
                "or give the directory or profile that fits."
            )
    _require_same_folders(directory, profile, found)
    return found


def _require_same_folders(directory: Path, profile: Profile, found: list[DumpFile]) -> None:
    """Required files of one folder come together: a RES without its readings is an incomplete dump."""
    for placeholder in {"/".join(rule.path.split("/")[:-1]) for rule in profile.files if "{" in rule.path}:
        if "{" not in placeholder:
            continue
        rules = [rule for rule in profile.files if rule.path.startswith(placeholder + "/") and rule.is_required]
        values = {file.folder_value for file in found if file.rule in rules}
        for rule in rules:
            missing = values - {
                file.folder_value for file in found if file.rule and rule.name in _stands_for(file.rule)
            }
            if missing:
                raise Refusal(
                    f"The dump {directory} has no file {rule.path} for {', '.join(sorted(filter(None, missing)))}; "
                    "ask for it."
                )


def _stands_for(rule: FileRule) -> set[str]:
    """The kinds of file that are there when this one is."""
    return {rule.name, rule.instead_of} - {None}


def _described(relative: str, profile: Profile) -> tuple[FileRule | None, str | None]:
    for rule in profile.files:
        match = rule.pattern.fullmatch(relative)
        if match:
            return rule, next(iter(match.groupdict().values()), None)
    return None, None


def dump_sha256(files: Iterable[DumpFile]) -> str:
    """One hash for the whole dump: names and contents."""
    hashed = hashlib.sha256()
    for file in files:
        hashed.update(f"{file.relative}\0{file.sha256}\n".encode())
    return hashed.hexdigest()


def land(session: psycopg.Connection, load_id: int, files: list[DumpFile], on_progress: Progress) -> None:
    """Copy every file that is not landed yet; commits whole files, so that a killed run goes on where it was."""
    landed = {path for (path,) in session.execute("SELECT path FROM landing.file WHERE load_id = %s", [load_id])}
    session.commit()
    waiting = [file for file in files if file.relative not in landed]
    total, done = len(files), len(files) - len(waiting)
    on_progress("landing", done, total)
    for group in _groups(waiting):
        for file in group:
            _land_file(session, load_id, file)
        session.commit()
        done += len(group)
        on_progress("landing", done, total)


def _groups(files: list[DumpFile]) -> Iterator[list[DumpFile]]:
    """Small files share a commit."""
    group: list[DumpFile] = []
    size = 0
    for file in files:
        if group and (len(group) >= FILES_PER_COMMIT_MAX or size + file.byte_count > BYTES_PER_COMMIT_MAX):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.byte_count
    if group:
        yield group


def _land_file(session: psycopg.Connection, load_id: int, file: DumpFile) -> None:
    columns: tuple[str, ...] = ()
    encoding = None
    if file.rule is not None:
        encoding = encoding_of(file.path, file.rule).encoding
        columns = columns_of(file.path, file.rule)
        _require_columns(file, file.rule, columns)
    (file_id,) = session.execute("SELECT nextval(pg_get_serial_sequence('landing.file', 'file_id'))").fetchone()
    row_count = deleted_count = 0
    sums: dict[tuple[str, bool], ColumnSum] = {}
    evidence = SourceEvidence(file.path, file.rule) if file.rule else None
    if file.rule is not None:
        with session.cursor().copy(
            "COPY landing.row (file_id, row_no, cells, is_deleted, undecodable, ragged_cells) FROM STDIN"
        ) as copy:
            for batch in read_rows(file.path, file.rule):
                evidence.look(batch)
                copy.write(copy_lines(batch, file_id))
                row_count += len(batch.row_no)
                deleted_count += int(batch.deleted.sum())
                _add_sums(sums, batch, file.rule)
    session.execute(
        "INSERT INTO landing.file (file_id, load_id, described_as, path, folder_value, format, encoding, sha256, "
        "byte_count, row_count, deleted_count, columns) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            file_id, load_id, file.rule and file.rule.name, file.relative, file.folder_value,
            file.rule and file.rule.format, encoding, file.sha256, file.byte_count,
            row_count, deleted_count, list(columns),
        ],
    )  # fmt: skip
    if evidence is not None:
        evidence.keep(session, file_id)
    for (column, is_deleted), column_sum in sums.items():
        session.execute(
            "INSERT INTO landing.control_sum (file_id, column_name, is_deleted, total, unreadable_count) "
            "VALUES (%s, %s, %s, %s, %s)",
            [file_id, column, is_deleted, column_sum.total, column_sum.unreadable_count],
        )


def _require_columns(file: DumpFile, rule: FileRule, columns: tuple[str, ...]) -> None:
    for row_rule in rule.rows:
        chosen_alternatives(file.path, rule, row_rule, columns)
    for column in rule.sums:
        if column not in columns:
            raise Refusal(
                f"The file {file.path} has no column {column}, which the profile ({rule.name}, line {rule.line}) sums; "
                f"it has {', '.join(columns)}. Ask for the right file, or correct the profile."
            )


def _add_sums(sums: dict[tuple[str, bool], ColumnSum], batch: SourceBatch, rule: FileRule) -> None:
    deleted = pa.array(batch.deleted)
    for column in rule.sums:
        for is_deleted in (False, True) if batch.deleted.any() else (False,):
            cells = batch.text[column].filter(deleted if is_deleted else pc.invert(deleted))
            new, old = sum_of_column(cells, rule.decimal), sums.get((column, is_deleted), ColumnSum(Decimal(0), 0))
            sums[column, is_deleted] = ColumnSum(old.total + new.total, old.unreadable_count + new.unreadable_count)


# A cell is quoted within an array within a line of COPY: backslashes count twice.
_ESCAPES = (("\\", "\\\\\\\\"), ('"', '\\\\"'), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def copy_lines(batch: SourceBatch, file_id: int) -> bytes:
    """The batch as lines for COPY, put together a column at a time."""
    count = len(batch.row_no)
    cells = []
    for column in batch.text.values():
        escaped = column
        for raw, written in _ESCAPES:
            escaped = pc.replace_substring(escaped, raw, written)
        cells.append(escaped)
    lines = pc.binary_join_element_wise(
        pa.repeat(f"{file_id}\t", count),
        pc.cast(pa.array(batch.row_no), pa.string()),
        '\t{"',
        pc.binary_join_element_wise(*cells, '","'),
        pa.array(['"}\tt\t' if deleted else '"}\tf\t' for deleted in batch.deleted.tolist()]),
        pa.array(_remarks(batch), pa.string()),
        "",
    )
    return flat_utf8(lines)


def _remarks(batch: SourceBatch) -> list[str]:
    """The last two columns and the end of the line; nearly always nothing."""
    if not batch.undecodable and not batch.ragged:
        return ["\\N\t\\N\n"] * len(batch.row_no)
    ends = []
    for row_no in batch.row_no.tolist():
        names = batch.undecodable.get(row_no)
        undecodable = "{" + ",".join(f'"{name}"' for name in names) + "}" if names else "\\N"
        ends.append(f"{undecodable}\t{batch.ragged.get(row_no, chr(92) + 'N')}\n")
    return ends
