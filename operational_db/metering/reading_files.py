"""Readings in files: the sheet of a controller out, and what came back in, as CSV or as a workbook.

Belongs here: columns of the file, text to days and numbers, rows that are no readings. Does not belong here: whether a
value can be (`sql/reading_judge.sql`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from operational_db.exchange.entered_files import ENCODING, cell_text, entered_rows, refuse_missing_columns
from operational_db.exchange.written_files import write_table
from operational_db.metering.reading_estimates import SheetRow
from operational_db.metering.readings import EnteredReadings, JudgedReading, ToldReading, UnreadableRow, enter_readings
from operational_db.settings import Settings

PLACE_COLUMNS = ("point_code", "account_no")
NEEDED_COLUMNS = ("read_on", "value_kwh")
TO_FILL_COLUMNS = ("read_on", "value_kwh", "kind", "note")
SHEET_COLUMNS = (*(one.name for one in fields(SheetRow)), *TO_FILL_COLUMNS)
CORRECTION_COLUMNS = ("row_no", "point_code", "serial_no", "zone_code", "read_on", "value_kwh", "kind", "sentence")


@dataclass(frozen=True)
class FileOfReadings:
    """What a file tells: readings, rows that are none, and how many rows were left empty (not read)."""

    told: list[ToldReading] = field(default_factory=list)
    unreadable: list[UnreadableRow] = field(default_factory=list)
    empty_count: int = 0


def load_readings(
    settings: Settings,
    path: Path,
    *,
    by: str,
    on: date | None = None,
    kind: str = "round",
    delimiter: str = ",",
    encoding: str = ENCODING,
    leave_out_refused: bool = False,
    confirmed: bool = False,
    note: str | None = None,
    dry_run: bool = False,
) -> tuple[EnteredReadings, FileOfReadings]:
    """Enter the readings of a file, all or none unless the refused are to be left out; also what stood in the file.

    Args:
        path: CSV, or XLSX by its ending; the first row names the columns: `point_code` or `account_no`, `value_kwh`,
            and, where needed, `serial_no`, `zone_code`, `read_on`, `kind`. Other columns are passed over.
        on: the day of rows that tell none.
        kind: the kind of rows that tell none.

    Raises:
        Refusal: the file cannot be read or lacks a column, no right, or a confirmation without a note.
    """
    file = read_readings(path, on=on, kind=kind, delimiter=delimiter, encoding=encoding)
    origin = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    answer = enter_readings(
        settings,
        file.told,
        unreadable=file.unreadable,
        leave_out_refused=leave_out_refused,
        confirmed=confirmed,
        note=note,
        origin=origin,
        dry_run=dry_run,
        by=by,
    )
    return answer, file


def read_readings(
    path: Path, *, on: date | None = None, kind: str = "round", delimiter: str = ",", encoding: str = ENCODING
) -> FileOfReadings:
    """The readings that a file tells; a row without a value was not read and is counted alone.

    Raises:
        Refusal: the file cannot be read or lacks a column.
    """
    answer = FileOfReadings()
    empty_count = 0
    for row_no, cells in entered_rows(path, _require_columns, delimiter=delimiter, encoding=encoding):
        if not cells.get("value_kwh", "").strip():
            empty_count += 1
            continue
        row = _row(row_no, cells, on, kind)
        if isinstance(row, ToldReading):
            answer.told.append(row)
        else:
            answer.unreadable.append(row)
    return FileOfReadings(answer.told, answer.unreadable, empty_count)


def write_sheet(rows: Sequence[SheetRow], path: Path) -> Path:
    """Write the sheet of a controller with empty cells for day, value, kind and note: XLSX by its ending, else CSV.

    Raises:
        Refusal: the file cannot be written.
    """
    table = [[*(cell_text(value) for value in asdict(row).values()), "", "", "", ""] for row in rows]
    write_table(path, SHEET_COLUMNS, table, sheet="readings", to_fill=TO_FILL_COLUMNS)
    return path


def write_refused(readings: Sequence[JudgedReading], unreadable: Sequence[UnreadableRow], path: Path) -> Path:
    """Write refused readings with their sentences, to be corrected there and loaded again; a row that is no reading
    keeps its cells."""
    cells_of = {row.row_no: row.cells for row in unreadable}
    table = []
    for reading in readings:
        known = {
            **asdict(reading),
            "point_code": reading.point_code or reading.place,
            **cells_of.get(reading.row_no, {}),
            "row_no": reading.row_no,
            "sentence": reading.sentence,
        }
        table.append([cell_text(known[name]) for name in CORRECTION_COLUMNS])
    write_table(path, CORRECTION_COLUMNS, table, sheet="readings", to_fill=TO_FILL_COLUMNS)
    return path


def _row(row_no: int, cells: Mapping[str, str], on: date | None, kind: str) -> ToldReading | UnreadableRow:
    text = {name: cell.strip() for name, cell in cells.items()}
    place = next((text[name] for name in PLACE_COLUMNS if text.get(name)), "")
    told_day = text.get("read_on", "")
    try:
        value = Decimal(text["value_kwh"].replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return _unreadable(
            row_no, cells, f'value_kwh "{text["value_kwh"]}" is not a number; write it as 1350 or 1350.5'
        )
    try:
        day = date.fromisoformat(told_day) if told_day else on
    except ValueError:
        return _unreadable(row_no, cells, f'read_on "{told_day}" is not a day; write it as 2026-03-31')
    if not place:
        return _unreadable(row_no, cells, "it names no point_code and no account_no; add one")
    if day is None:
        return _unreadable(row_no, cells, "it tells no day; fill in read_on, or name one day for all with --on")
    return ToldReading(
        place,
        day,
        value,
        text.get("zone_code") or None,
        text.get("serial_no") or None,
        text.get("kind") or kind,
        row_no,
    )


def _unreadable(row_no: int, cells: Mapping[str, str], why: str) -> UnreadableRow:
    return UnreadableRow(row_no, dict(cells), f"Row {row_no}: {why}.")


def _require_columns(path: Path, heading: Sequence[str]) -> None:
    missing = [name for name in NEEDED_COLUMNS if name not in heading and name != "read_on"]
    if not any(name in heading for name in PLACE_COLUMNS):
        missing.insert(0, " or ".join(PLACE_COLUMNS))
    refuse_missing_columns(path, heading, missing)
