"""Subsidies in files: the list of social security as CSV, workbook or DBF.

Belongs here: columns of the file, text to months and amounts, rows that are no subsidies. Does not belong here: what
can be accrued (`sql/accrue_subsidies.sql`).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from operational_db.connections import Role, connect
from operational_db.exchange.entered_files import ENCODING, entered_rows, refuse_missing_columns
from operational_db.payments.amounts import minor_of
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subsidies.accruals import ToldSubsidy, accrue_subsidies

NEEDED_COLUMNS = ("account_no", "for_month", "amount", "decision")
OTHER_COLUMNS = ("last_month", "kind", "decided_on", "note")
LONGEST_AWARD_MONTHS = 24


@dataclass(frozen=True)
class FileOfSubsidies:
    """What a file tells: subsidies, each for one month, and a sentence for each row that is none."""

    told: list[ToldSubsidy] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LoadedSubsidies:
    """The answer to a file: how many months of subsidy were accrued and what they make, or why none was."""

    accrued_count: int
    accrued_minor: int
    unreadable: list[str]


def load_subsidies(
    settings: Settings,
    path: Path,
    *,
    by: str,
    delimiter: str = ",",
    encoding: str = ENCODING,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> LoadedSubsidies:
    """Accrue the subsidies of a file: all of them, or none where a row cannot be.

    Args:
        path: CSV, or XLSX or DBF by its ending; the first row names the columns: `account_no`, `for_month`, `amount`
            (of one month), `decision` and, where known, `last_month`, `kind`, `decided_on`, `note`.
        columns: what the file calls a column, where it is called otherwise: {"account_no": "OWN_NUM"}.

    Raises:
        Refusal: the file cannot be read, lacks a column or holds no subsidy, no such user.
    """
    with connect(settings, Role.READER) as session:
        coins = session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'minor_per_major'").fetchone()
    file = read_subsidies(path, int(coins[0]), delimiter=delimiter, encoding=encoding, columns=columns)
    if file.unreadable:
        return LoadedSubsidies(0, 0, file.unreadable)
    if not file.told:
        raise Refusal(f"{path} holds no subsidy; look whether it is the right file.")
    origin = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    refused = accrue_subsidies(settings, file.told, by=by, origin=origin, dry_run=dry_run)
    if refused:
        return LoadedSubsidies(0, 0, [f"{path.name}, row {row.source_row}: {row.sentence}" for row in refused])
    return LoadedSubsidies(len(file.told), sum(one.amount_minor for one in file.told), [])


def read_subsidies(
    path: Path,
    minor_per_major: int,
    *,
    delimiter: str = ",",
    encoding: str = ENCODING,
    columns: Mapping[str, str] | None = None,
) -> FileOfSubsidies:
    """The subsidies that a file tells.

    Raises:
        Refusal: the file cannot be read, lacks a column, or a column is named that there is not.
    """
    names = _named_columns(columns or {})
    file = FileOfSubsidies()

    def require_columns(of_path: Path, heading: Sequence[str]) -> None:
        # The columns of a DBF are in capitals whatever they are called.
        known = {name.lower() for name in heading}
        needed = [names[name] for name in NEEDED_COLUMNS]
        wanted = [*needed, *(columns or {}).values()]
        missing = [name for name in dict.fromkeys(wanted) if name.lower() not in known]
        refuse_missing_columns(of_path, heading, missing)

    for row_no, cells in entered_rows(path, require_columns, delimiter=delimiter, encoding=encoding):
        by_name = {name.lower(): cell.strip() for name, cell in cells.items()}
        text = {name: by_name.get(called.lower(), "") for name, called in names.items()}
        try:
            file.told.extend(_subsidies(row_no, text, minor_per_major))
        except Refusal as refusal:
            file.unreadable.append(f"{path.name}, row {row_no}: {refusal.sentence}")
    return file


def _named_columns(columns: Mapping[str, str]) -> dict[str, str]:
    known = (*NEEDED_COLUMNS, *OTHER_COLUMNS)
    for name in columns:
        if name not in known:
            raise Refusal(f'There is no column "{name}" of a subsidy; name one of {", ".join(known)}.')
    return {name: columns.get(name, name) for name in known}


def _subsidies(row_no: int, text: Mapping[str, str], minor_per_major: int) -> Iterator[ToldSubsidy]:
    """The row as one subsidy a month."""
    first = _month("for_month", text["for_month"])
    last = _month("last_month", text["last_month"]) if text["last_month"] else first
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if count < 1:
        raise Refusal(f"last_month {last:%Y-%m} is before for_month {first:%Y-%m}; correct one of them.")
    if count > LONGEST_AWARD_MONTHS:
        raise Refusal(f"it awards {count} months, more than {LONGEST_AWARD_MONTHS}; correct last_month.")
    if not text["amount"]:
        raise Refusal("the amount is empty; fill it in or remove the row.")
    amount_minor = minor_of(text["amount"], minor_per_major)
    decided_on = _day("decided_on", text["decided_on"]) if text["decided_on"] else None
    for number in range(first.month - 1, first.month - 1 + count):
        yield ToldSubsidy(
            account=text["account_no"],
            for_month=date(first.year + number // 12, number % 12 + 1, 1),
            amount_minor=amount_minor,
            decision=text["decision"],
            kind=text["kind"] or "award",
            decided_on=decided_on,
            note=text["note"] or None,
            source_row=row_no,
        )


def _month(name: str, text: str) -> date:
    """2026-03, or a day of that month."""
    try:
        return date.fromisoformat(f"{text}-01" if len(text) == len("2026-03") else text).replace(day=1)
    except ValueError as error:
        raise Refusal(f'{name} "{text}" is not a month; write it as 2026-03.') from error


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(f'{name} "{text}" is not a day; write it as 2026-03-31.') from error
