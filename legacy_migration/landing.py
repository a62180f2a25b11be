"""Files into the database, one by one, each whole or not at all: its bytes, its typed rows, its own sums.

Belongs here: finding the files of a dump, hashing them, landing each in one transaction, continuing a killed run.
Does not belong here: what a cell means (`typed_rows`), how rows are sent (`typed_copy`), which are good (`verdicts`).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from legacy_migration.cell_ledger.patterns import uses_of_columns
from legacy_migration.dump_figures import figures_of_dump, minor_digits_of_book
from legacy_migration.landed_files import store_bytes
from legacy_migration.profile import FileRule, Profile
from legacy_migration.reasons import write_reasons
from legacy_migration.source_evidence import SourceEvidence
from legacy_migration.source_rows import ColumnSum, SourceBatch, columns_of, read_rows, sum_of_column
from legacy_migration.typed_copy import FilePart, Lines, TypedFiles, open_engine, send
from legacy_migration.typed_rows import DumpFigures, Fact, chosen_alternatives, facts_of_file
from operational_db.refusal import Refusal

Progress = Callable[[str, int, int], None]
FILES_PER_COMMIT_MAX = 200
BYTES_PER_COMMIT_MAX = 32_000_000


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


def land(
    session: psycopg.Connection, load_id: int, profile: Profile, files: list[DumpFile], on_progress: Progress
) -> None:
    """Land every file that is not landed yet; commits whole files, so that a killed run goes on where it was."""
    landed = {path for (path,) in session.execute("SELECT path FROM landing.file WHERE load_id = %s", [load_id])}
    minor_digits = minor_digits_of_book(session)
    write_reasons(session)
    session.commit()
    waiting = [file for file in files if file.relative not in landed]
    total, done = len(files), len(files) - len(waiting)
    on_progress("landing", done, total)
    if not waiting:
        return
    engine = open_engine()
    known = figures_of_dump(engine, profile, files, minor_digits)
    for group in _groups(waiting):
        _land_group(session, engine, load_id, profile, group, known)
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


def _land_group(
    session: psycopg.Connection,
    engine: duckdb.DuckDBPyConnection,
    load_id: int,
    profile: Profile,
    group: list[DumpFile],
    known: DumpFigures,
) -> None:
    """Land some files in one transaction; the caller commits."""
    numbers = session.execute(
        "SELECT nextval(pg_get_serial_sequence('landing.file', 'file_id')) FROM generate_series(1, %s)", [len(group)]
    ).fetchall()
    landed = [LandedFile(file_id, file) for (file_id,), file in zip(numbers, group, strict=True)]
    kept = store_bytes(session, {one.file_id: one.file.path for one in landed})
    for one in landed:
        if kept[one.file_id] != one.file.sha256:
            raise Refusal(
                f"The file {one.file.path} changed while it was read; wait until it is written, and migrate again."
            )
    alike: list[AlikeFiles] = []
    send(session, load_id, _lines(engine, load_id, profile, landed, known, alike))
    _copy_accounts(session, load_id, alike)
    _copy_rows(
        session,
        "landing.file (file_id, load_id, described_as, path, folder_value, format, encoding, sha256, byte_count, "
        "row_count, deleted_count, columns)",
        (one.row(load_id) for one in landed),
    )
    _copy_rows(
        session,
        "landing.control_sum (file_id, column_name, is_deleted, total, unreadable_count)",
        (
            (one.file_id, column, is_deleted, of_column.total, of_column.unreadable_count)
            for one in landed
            for (column, is_deleted), of_column in one.counted.sums.items()
        ),
    )
    looked_at = [(one.file_id, one.evidence) for one in landed if one.evidence is not None]
    _copy_rows(
        session,
        "landing.odd_cell (file_id, row_no, column_name, kind, value, probably)",
        (row for file_id, evidence in looked_at for row in evidence.odd_cells(file_id)),
    )
    _copy_rows(
        session,
        "landing.file_encoding (file_id, column_no, column_name, encoding, how, letter_count, common_share, "
        "impossible_count, odd_cell_count, evidence)",
        (row for file_id, evidence in looked_at for row in evidence.encodings(file_id)),
    )
    _copy_rows(
        session,
        "landing.total_row (file_id, row_no, column_name, label, row_count, stated, summed, unreadable_count)",
        (row for file_id, evidence in looked_at for row in evidence.totals(file_id)),
    )


@dataclass(frozen=True)
class AlikeFiles:
    """Files that have the same columns and rules, on their way together."""

    rule: FileRule
    columns: tuple[str, ...]
    files: list["LandedFile"]
    facts: list[Fact]
    typed: TypedFiles

    @property
    def file_ids(self) -> list[int]:
        return [one.file_id for one in self.files]


def _lines(
    engine: duckdb.DuckDBPyConnection,
    load_id: int,
    profile: Profile,
    landed: list["LandedFile"],
    known: DumpFigures,
    alike: list[AlikeFiles],
) -> Iterator[Lines]:
    """The typed rows of all files, kind after kind; files are looked at when their turn comes. Adds to `alike`."""
    kinds: dict[str, list[LandedFile]] = {}
    for one in landed:
        if one.file.rule is not None:
            kinds.setdefault(one.file.rule.name, []).append(one)
    for files in kinds.values():
        rule = files[0].file.rule
        by_columns: dict[tuple[str, ...], list[LandedFile]] = {}
        for one in files:
            one.columns = columns_of(one.file.path, rule)
            _require_columns(one.file, rule, one.columns)
            one.evidence = SourceEvidence(one.file.path, rule)
            by_columns.setdefault(one.columns, []).append(one)
        for columns, same in by_columns.items():
            facts = facts_of_file(same[0].file.path, profile, rule, columns, known)
            typed = TypedFiles(engine, load_id, facts, len(columns))
            alike.append(AlikeFiles(rule, columns, same, facts, typed))
            yield from typed.made(part for one in same for part in _parts(one, rule))


def _copy_accounts(session: psycopg.Connection, load_id: int, alike: list[AlikeFiles]) -> None:
    """What was sent of each file, and how its cells were read."""
    _copy_rows(
        session,
        "migration.sent_rows (load_id, file_id, entity, part_no, row_count, hash_sum, is_filtered)",
        (row for some in alike for row in some.typed.sent_rows(some.file_ids)),
    )
    _copy_rows(
        session,
        "migration.cell_pattern (file_id, entity, part_no, pattern_no, load_id, classes, row_classes)",
        (row for some in alike for row in some.typed.patterns(some.file_ids)),
    )
    _copy_rows(
        session,
        "migration.cell_column (file_id, column_no, load_id, column_name, unused_rule, is_partly_read)",
        (row for some in alike for row in _cell_columns(load_id, some)),
    )


def _cell_columns(load_id: int, some: AlikeFiles) -> Iterator[tuple]:
    uses = uses_of_columns(some.columns, some.facts, some.rule.unused, some.rule.out_of_scope)
    for file_id in some.file_ids:
        for place, (name, use) in enumerate(zip(some.columns, uses, strict=True), start=1):
            yield file_id, place, load_id, name, use.rule, use.is_partly_read


def _copy_rows(session: psycopg.Connection, target: str, rows: Iterable[tuple]) -> None:
    with session.cursor().copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@dataclass
class CountedRows:
    """What the file itself says, before any rule has seen a row."""

    row_count: int = 0
    deleted_count: int = 0
    sums: dict[tuple[str, bool], ColumnSum] = field(default_factory=dict)


@dataclass
class LandedFile:
    """A file on its way in."""

    file_id: int
    file: DumpFile
    columns: tuple[str, ...] = ()
    counted: CountedRows = field(default_factory=CountedRows)
    evidence: SourceEvidence | None = None

    def row(self, load_id: int) -> tuple:
        """Its row in landing.file."""
        file, rule = self.file, self.file.rule
        return (
            self.file_id, load_id, rule and rule.name, file.relative, file.folder_value, rule and rule.format,
            self.evidence and self.evidence.encoding, file.sha256, file.byte_count, self.counted.row_count,
            self.counted.deleted_count, list(self.columns),
        )  # fmt: skip


def _parts(one: LandedFile, rule: FileRule) -> Iterator[FilePart]:
    """The rows of the file, counted and summed as they pass."""
    file, counted = one.file, one.counted
    for batch in read_rows(file.path, rule):
        one.evidence.look(batch)
        counted.row_count += len(batch.row_no)
        counted.deleted_count += int(batch.deleted.sum())
        _add_sums(counted.sums, batch, rule)
        yield FilePart(one.file_id, file.folder_value, file.path.name, batch)


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
