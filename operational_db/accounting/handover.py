"""What does accounting (1C) take over of a month? Its entries, synthetic and analytic, as two files.

Belongs here: the files, and the proof that both add up to the trial balance. Does not belong here: which entries there
are (`sql/handed_entries.sql`), who posts them.

No layout of 1C for entries is published: it reads tables (its "Loading data from a tabular document" takes DBF and
CSV), and which column goes where is set there once.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
import psycopg

from operational_db.accounting.trial_balance import res_with_month
from operational_db.command_session import command_session
from operational_db.file_formats.dbf import DbfError, DbfField, ScaledIntegers, write_dbf
from operational_db.file_formats.delimited import DelimitedError, write_delimited
from operational_db.refusal import Refusal
from operational_db.settings import Settings

FORMATS: Final = ("dbf", "csv")
BATCH_ROWS: Final = 50_000
# Names of columns as DBF allows them; both kinds have the last six.
_WHERE = {"MONTH": 7, "RES": 20}
_WHOSE = {"ACCOUNT": 40, "KIND": 10}
_ENTRY = {"DEBIT": 10, "CREDIT": 10, "DOCUMENT": 20, "ARTICLE": 20}


@dataclass(frozen=True)
class Handover:
    """The two files of a month, and what they add up to.

    Attributes:
        turnover_minor: the sum of all entries, in coins; the same in both files and in the trial balance.
        open_res_count: RES where the month is not closed, so that entries may follow.
    """

    synthetic: Path
    analytic: Path
    synthetic_rows: int
    analytic_rows: int
    entry_count: int
    turnover_minor: int
    open_res_count: int


def hand_over_entries(
    settings: Settings, month: date, folder: Path, *, by: str, unit_code: str | None = None, file_format: str = "dbf"
) -> Handover:
    """Write a month's entries as `synthetic_YYYY-MM` and `analytic_YYYY-MM` (one row for each consumer besides).

    Amounts are in the main unit of the currency. DBF files are in cp1251.

    Raises:
        Refusal: no such unit, no right to see it, the month was never opened there, a file cannot be written, or
            entries were posted while they were written.
    """
    first_day = month.replace(day=1)
    if file_format not in FORMATS:
        raise Refusal(f'There is no format "{file_format}" of entries; name one of {", ".join(FORMATS)}.')
    with command_session(settings, "hand_over_entries", {}, by=by, dry_run=True) as (session, _):
        res_ids = res_with_month(session, first_day, unit_code, by=by)
        digits = (
            len(
                session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'minor_per_major'").fetchone()[
                    0
                ]
            )
            - 1
        )
        open_res_count = session.execute(
            "SELECT count(*) FROM ops.open_period AS o WHERE o.res_id = ANY (%s) AND o.booked_month = %s",
            [res_ids, first_day],
        ).fetchone()[0]
        turnovers = {
            row[0]: (row[1], row[2])
            for row in session.execute(
                "SELECT ledger_account_code, debit_minor, credit_minor FROM ops.trial_balance(%s, %s)"
                " WHERE debit_minor <> 0 OR credit_minor <> 0",
                [res_ids, first_day],
            )
        }
        sums = []
        paths = []
        for kind, widths in (("synthetic", _WHERE | _ENTRY), ("analytic", _WHERE | _WHOSE | _ENTRY)):
            path = Path(folder) / f"{kind}_{first_day:%Y-%m}.{file_format}"
            written = _Sums()
            _write(path, first_day, widths, _batches(session, kind, res_ids, first_day, list(widths), written), digits)
            sums.append(written)
            paths.append(path)
    for path, written in zip(paths, sums, strict=True):
        if written.turnovers() != turnovers:
            raise Refusal(
                f"{path} does not add up to the trial balance of {first_day:%Y-%m}: entries were posted while it was "
                "written; write it again."
            )
    return Handover(
        *paths,
        synthetic_rows=sums[0].row_count,
        analytic_rows=sums[1].row_count,
        entry_count=sums[1].entry_count,
        turnover_minor=sum(sums[1].debit_minor.values()),
        open_res_count=open_res_count,
    )


class _Sums:
    """What went into a file, to be compared with the trial balance."""

    def __init__(self) -> None:
        self.row_count = self.entry_count = 0
        self.debit_minor: Counter[str] = Counter()
        self.credit_minor: Counter[str] = Counter()

    def add(self, debit_code: str, credit_code: str, entry_count: int, amount_minor: int) -> None:
        self.row_count += 1
        self.entry_count += entry_count
        self.debit_minor[debit_code] += amount_minor
        self.credit_minor[credit_code] += amount_minor

    def turnovers(self) -> dict[str, tuple[int, int]]:
        codes = self.debit_minor.keys() | self.credit_minor.keys()
        both = {code: (self.debit_minor[code], self.credit_minor[code]) for code in codes}
        return {code: sides for code, sides in both.items() if sides != (0, 0)}


def _batches(
    session: psycopg.Connection, kind: str, res_ids: list[int], month: date, columns: list[str], written: _Sums
) -> Iterator[dict[str, list]]:
    function = {"synthetic": "ops.synthetic_entries", "analytic": "ops.analytic_entries"}[kind]
    with session.cursor(name=f"{kind}_entries") as cursor:
        cursor.execute(f"SELECT * FROM {function}(%s, %s)", [res_ids, month])  # noqa: S608 - one of two names of ours
        while rows := cursor.fetchmany(BATCH_ROWS):
            for *_, debit_code, credit_code, _, _, entry_count, amount_minor in rows:
                written.add(debit_code, credit_code, entry_count, amount_minor)
            columnwise = list(zip(*rows, strict=True))
            yield {
                columns[0]: [f"{month:%Y-%m}"] * len(rows),
                **dict(zip(columns[1:], map(list, columnwise[:-2]), strict=True)),
                "ENTRIES": list(columnwise[-2]),
                "AMOUNT": list(columnwise[-1]),
            }


def _write(path: Path, month: date, widths: dict[str, int], batches: Iterator[dict[str, list]], digits: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".csv":
            exact = (batch | {"AMOUNT": [Decimal(n).scaleb(-digits) for n in batch["AMOUNT"]]} for batch in batches)
            write_delimited(path, [*widths, "ENTRIES", "AMOUNT"], exact, encoding="utf-8-sig", delimiter=";")
            return
        fields = [DbfField(name, "C", width, 0) for name, width in widths.items()]
        fields += [DbfField("ENTRIES", "N", 12, 0), DbfField("AMOUNT", "N", 20, digits)]
        scaled = (
            batch | {"AMOUNT": ScaledIntegers(np.array(batch["AMOUNT"], dtype=np.int64), digits)} for batch in batches
        )
        # The same month gives the same bytes, so the day of the data, not of the writing.
        write_dbf(path, fields, scaled, encoding="cp1251", language_byte=0xC9, last_update=month)
    except (DbfError, DelimitedError) as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}); name another folder.") from error
