"""`wattbook rejects return`: corrected rows come back, each to the row it was, and are judged as a load of their own.

Belongs here: matching, what changed, the load that corrects another. Does not belong here: the rules of judging
(`verdicts`, `judging`), files (`old_layout`), acceptance (`commands`).
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from legacy_migration.commands import Progress, ProtocolSummary, summary_of_load
from legacy_migration.landing import DumpFile, land
from legacy_migration.loads import (
    Protocol,
    last_attempt,
    load_of,
    one_at_a_time,
    protocol_of_load,
    require_protocol,
    require_right,
)
from legacy_migration.profile import Profile
from legacy_migration.rejects.family import family_of
from legacy_migration.rejects.first_rows import with_figures_of_dump
from legacy_migration.rejects.old_layout import BackRow, as_written, read_back, write_stripped
from legacy_migration.rejects.rejected_files import (
    RejectedFile,
    files_with_rejects,
    profile_of_load,
    rejected_file,
    returned_before,
)
from legacy_migration.signing.declared_rows import note_declared_rows
from legacy_migration.signing.pages import add_seal, ensure_chain, head_of
from legacy_migration.verification import verify
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

NAMED_MAX = 10


@dataclass(frozen=True)
class ReturnedRows:
    """What came back: the protocol that judges it, and how many rejected rows are still open."""

    summary: ProtocolSummary
    rejected_count: int
    returned_count: int
    open_count: int
    left_open: list[str]
    """Rows in the files whose unreadable cells nobody corrected, so that they stay open."""


@dataclass(frozen=True)
class _Returned:
    """A file that returned: its rows by number of the rejected row, where they stand, which cells changed."""

    file: RejectedFile
    rows: dict[int, BackRow]
    left_open: list[str]


@dataclass(frozen=True)
class _TakenIn:
    """What is landed: the profile as it holds for returned rows, files, the way of rows, changed cells, open rows."""

    profile: Profile
    files: list[DumpFile]
    rows: list[tuple[str, int, int, int]]
    cells: list[tuple[str, int, str, str, str]]
    left_open: list[str]


def return_rejects(
    settings: Settings,
    protocol_id: int,
    directory: Path | str,
    *,
    by: str,
    profile: str | None = None,
    on_progress: Progress | None = None,
) -> ReturnedRows:
    """Judge corrected rows of an accepted load; nothing reaches the book before the new protocol is accepted.

    The same files again change nothing. A row that was never rejected, or came back before, refuses the whole return.
    """
    report = on_progress or (lambda *_: None)
    place = Path(directory)
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        corrected = require_protocol(session, protocol_id)
        user_id = require_right(session, corrected.load_id, by, "migrate")
        if corrected.state != "accepted":
            raise Refusal(
                f"Protocol {protocol_id} is {corrected.state}; rejects return to an accepted load. Accept it first, or "
                "migrate the corrected dump as a whole."
            )
        described = profile_of_load(session, corrected.load_id, profile)
        # Accepting and withdrawing wait, so that what the rows are judged beside stays as it is.
        with one_at_a_time(session, "publish"), tempfile.TemporaryDirectory(prefix="wattbook-returned-") as folder:
            fingerprint = _fingerprint(corrected, place)
            last = last_attempt(session, profile_sha256=described.sha256, dump_sha256=fingerprint)
            if last and last[2] != "withdrawn" and protocol_of_load(session, last[0]) is not None:
                return _told(session, corrected, last[0], [], was_there=True)
            taken = _take_in(session, corrected, described, place, Path(folder))
            _require_no_other_waits(session, corrected.load_id)
            load_id = load_of(
                session,
                profile=described.name,
                profile_sha256=described.sha256,
                directory=str(place),
                dump_sha256=fingerprint,
                user_id=user_id,
                corrects_load_id=corrected.load_id,
            )
            _judge(session, corrected, load_id, taken, user_id, report)
            # The rights for the units that the returned rows name are known only now.
            require_right(session, load_id, by, "migrate")
            session.commit()
            return _told(session, corrected, load_id, taken.left_open, was_there=False)


def _fingerprint(corrected: Protocol, place: Path) -> str:
    """One hash over the load that is corrected and the files that returned."""
    paths = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else []
    if not paths:
        raise Refusal(f"{place} holds no files; give the folder with the corrected files of `wattbook rejects export`.")
    hashed = hashlib.sha256(f"{corrected.protocol_id} {corrected.content_sha256}\n".encode())
    for path in paths:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        hashed.update(f"{path.relative_to(place).as_posix()}\0{sha256}\n".encode())
    return hashed.hexdigest()


def _require_no_other_waits(session: psycopg.Connection, load_id: int) -> None:
    """Rows of one dump are judged beside what the book has of it; two returns at once would not know of each other."""
    waiting = [protocol for _, protocol, state in family_of(session, load_id) if state == "prepared"]
    if waiting:
        raise Refusal(
            f"Protocol {waiting[0]} of the same dump waits to be accepted; accept or withdraw it before more rows "
            "return."
        )


def _take_in(session: psycopg.Connection, corrected: Protocol, profile: Profile, place: Path, folder: Path) -> _TakenIn:
    """Match what returned, write it as files of the old layout, put down which rows they were and what changed."""
    dump_files: list[DumpFile] = []
    rows: list[tuple[str, int, int, int]] = []
    cells: list[tuple[str, int, str, str, str]] = []
    left_open: list[str] = []
    rules, told_cells = {rule.name: rule for rule in profile.files}, {}
    for returned in _returned_files(session, corrected, profile, place):
        left_open += returned.left_open
        if not returned.rows:
            continue
        file, told = returned.file, list(returned.rows.items())
        target, rule = folder / file.path, file.written_by
        numbers = write_stripped(target, file.copy, rule, file.columns, [row.cells for _, row in told])
        rules[rule.name] = rule
        told_cells.setdefault(rule.name, []).extend(row.cells for _, row in told)
        content = target.read_bytes()
        match = rule.pattern.fullmatch(file.path)
        folder_value = next(iter(match.groupdict().values()), None) if match else None
        dump_files.append(
            DumpFile(target, file.path, rule, folder_value, hashlib.sha256(content).hexdigest(), len(content))
        )
        for number, (row_no, row) in zip(numbers, told, strict=True):
            rows.append((file.path, number, file.file_id, row_no))
            cells += [(file.path, number, *change) for change in _changes(file, row_no, row)]
    if not dump_files:
        raise Refusal(
            f"No row in {place} came back corrected ({'; '.join(left_open[:NAMED_MAX]) or 'the files hold none'}); "
            "correct the cells that are named and return the files again."
        )
    used = replace(profile, files=tuple(rules[file.name] for file in profile.files))
    used = with_figures_of_dump(session, corrected.load_id, profile, used, told_cells)
    dump_files = [replace(file, rule=used.file(file.rule.name)) for file in dump_files]
    return _TakenIn(used, dump_files, rows, cells, left_open)


def _judge(
    session: psycopg.Connection, corrected: Protocol, load_id: int, taken: _TakenIn, user_id: int, report: Progress
) -> None:
    """Land and judge the rows, and seal on the pages of the corrected protocol that they came back."""
    land(session, load_id, taken.profile, taken.files, report)
    note_declared_rows(session, load_id, taken.files)
    _write_path(session, load_id, taken.rows, taken.cells)
    protocol_id = verify(session, load_id, taken.profile, taken.files, user_id, report)
    ensure_chain(session, require_protocol(session, protocol_id))
    rejected, returned_count, open_count = counts_of_rejects(session, corrected.load_id)
    ensure_chain(session, corrected)
    facts = {
        "Judged in protocol": protocol_id,
        "Hash of its last page": head_of(session, protocol_id)[1],
        "Rejected rows": rejected,
        "Returned here": len(taken.rows),
        "Returned": returned_count,
        "Still open": open_count,
    }
    add_seal(session, corrected, "returned", user_id, facts)


def _returned_files(
    session: psycopg.Connection, corrected: Protocol, profile: Profile, place: Path
) -> Iterator[_Returned]:
    """The files of the folder, matched to the load's; refuses what was never rejected, naming it."""
    paths = {path.relative_to(place).as_posix(): path for path in sorted(place.rglob("*")) if path.is_file()}
    back = returned_before(session, corrected.load_id)
    wrong: list[str] = []
    for row in files_with_rejects(session, corrected.load_id):
        with rejected_file(session, corrected.load_id, profile, row) as file:
            path = paths.pop(file.name, None)
            if path is not None:
                returned, faults = _match(corrected, file, path, back)
                wrong += faults
                if not wrong:
                    yield returned
    wrong += [f"{name} is no file of rejects of protocol {corrected.protocol_id}" for name in paths]
    if wrong:
        more = f" and {len(wrong) - NAMED_MAX} more" if len(wrong) > NAMED_MAX else ""
        raise Refusal(f"Nothing was taken in: {'; '.join(wrong[:NAMED_MAX])}{more}. Take them out and return the rest.")


def _match(
    corrected: Protocol, file: RejectedFile, path: Path, back: dict[tuple[int, int], int]
) -> tuple[_Returned, list[str]]:
    found: dict[int, BackRow] = {}
    faults, left_open = [], []
    seen: Counter[int] = Counter()
    for row in read_back(path, file.written_by, file.columns):
        where = f"row {row.place} of {path.name}"
        row_no = int(row.row_no) if row.row_no.isdecimal() else None
        if row.protocol != str(corrected.protocol_id):
            faults.append(f"{where} is of protocol {row.protocol or '(empty)'}, not {corrected.protocol_id}")
        elif row_no is None or row_no not in file.rows:
            faults.append(f"{where} says it is row {row.row_no or '(empty)'} of {file.path}, which was never rejected")
        elif seen[row_no]:
            faults.append(f"{where} is row {row_no} of {file.path} a second time")
        elif (file.file_id, row_no) in back:
            faults.append(
                f"{where} is row {row_no} of {file.path}, which came back before "
                f"(protocol {back[file.file_id, row_no]})"
            )
        else:
            changed = {name for name, _, _ in _changes(file, row_no, row)}
            unreadable = file.unreadable.get(row_no, [])
            is_ragged = len(unreadable) == len(file.columns)
            if unreadable and (not changed if is_ragged else set(unreadable) - changed):
                names = ", ".join(unreadable)
                left_open.append(f"row {row_no} of {file.path}: {names} cannot be read and was not corrected")
            else:
                found[row_no] = row
        if row_no is not None:
            seen[row_no] += 1
    return _Returned(file, found, left_open), faults


def _changes(file: RejectedFile, row_no: int, row: BackRow) -> list[tuple[str, str, str]]:
    """Cells that differ from what went out: column, old, new."""
    old = file.rows[row_no].cells
    return [
        (name, old[name], new)
        for name, new in row.cells.items()
        if new.strip() != as_written(old[name], file.written_by.encoding).strip()
    ]


def _write_path(
    session: psycopg.Connection,
    load_id: int,
    rows: list[tuple[str, int, int, int]],
    cells: list[tuple[str, int, str, str, str]],
) -> None:
    numbers = dict(session.execute("SELECT path, file_id FROM landing.file WHERE load_id = %s", [load_id]).fetchall())
    with session.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO migration.returned_row (file_id, row_no, load_id, rejected_file_id, rejected_row_no) "
            "VALUES (%s, %s, %s, %s, %s)",
            [(numbers[path], number, load_id, file_id, row_no) for path, number, file_id, row_no in rows],
        )
        cursor.executemany(
            "INSERT INTO migration.returned_cell (file_id, row_no, column_name, old_value, new_value) "
            "VALUES (%s, %s, %s, %s, %s)",
            [(numbers[path], *told) for path, *told in cells],
        )


def counts_of_rejects(session: psycopg.Connection, load_id: int) -> tuple[int, int, int]:
    """Rows of the load that were rejected = returned + still open."""
    (rejected,) = session.execute(
        "SELECT count(DISTINCT (d.file_id, d.row_no)) FROM migration.verdict AS d "
        "WHERE d.load_id = %s AND d.verdict = 'rejected'",
        [load_id],
    ).fetchone()
    returned = len(returned_before(session, load_id))
    return rejected, returned, rejected - returned


def _told(
    session: psycopg.Connection, corrected: Protocol, load_id: int, left_open: list[str], *, was_there: bool
) -> ReturnedRows:
    summary = summary_of_load(session, load_id, was_there=was_there)
    return ReturnedRows(summary, *counts_of_rejects(session, corrected.load_id), left_open)
