"""Payments in files: the register of a channel as CSV or as a workbook, into an open package.

Belongs here: columns of the file, text to days and amounts, rows that are no payments. Does not belong here: what stops
a package (`sql/package_posting.sql`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from operational_db.connections import Role, connect
from operational_db.exchange.entered_files import ENCODING, entered_rows, refuse_missing_columns
from operational_db.payments.amounts import minor_of
from operational_db.payments.packages import ToldPayment, add_payments
from operational_db.refusal import Refusal
from operational_db.settings import Settings

NEEDED_COLUMNS = ("account_no", "amount")
"""Others that are read: channel_id, paid_on, article, payer; the rest is passed over."""


@dataclass(frozen=True)
class FileOfPayments:
    """What a file tells: payments, and a sentence for each row that is none."""

    payments: list[ToldPayment] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LoadedPayments:
    """The answer to a file: how many payments were added and what they make, or why none was."""

    added_count: int
    added_minor: int
    unreadable: list[str]


def load_payments(
    settings: Settings, package_no: str, path: Path, *, by: str, delimiter: str = ",", encoding: str = ENCODING
) -> LoadedPayments:
    """Add the payments of a file to a draft: all of them, or none where a row cannot be read.

    Args:
        path: CSV, or XLSX by its ending; the first row names the columns: `account_no`, `amount` and, where known,
            `channel_id`, `paid_on`, `article`, `payer`.

    Raises:
        Refusal: the file cannot be read, lacks a column or holds no payment, no such draft, no right.
    """
    with connect(settings, Role.READER) as session:
        coins = session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'minor_per_major'").fetchone()
    file = read_payments(path, int(coins[0]), delimiter=delimiter, encoding=encoding)
    if file.unreadable:
        return LoadedPayments(0, 0, file.unreadable)
    if not file.payments:
        raise Refusal(f"{path} holds no payment; look whether it is the right file.")
    origin = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    added = add_payments(settings, package_no, file.payments, by=by, origin=origin)
    return LoadedPayments(len(added), sum(payment.amount_minor for payment in file.payments), [])


def read_payments(
    path: Path, minor_per_major: int, *, delimiter: str = ",", encoding: str = ENCODING
) -> FileOfPayments:
    """The payments that a file tells.

    Raises:
        Refusal: the file cannot be read or lacks a column.
    """
    file = FileOfPayments()
    for row_no, cells in entered_rows(path, _require_columns, delimiter=delimiter, encoding=encoding):
        text = {name: cell.strip() for name, cell in cells.items()}
        try:
            file.payments.append(_payment(row_no, text, minor_per_major))
        except Refusal as refusal:
            file.unreadable.append(f"{path.name}, row {row_no}: {refusal.sentence}")
    return file


def _payment(row_no: int, text: Mapping[str, str], minor_per_major: int) -> ToldPayment:
    told_day = text.get("paid_on", "")
    try:
        day = date.fromisoformat(told_day) if told_day else None
    except ValueError as error:
        raise Refusal(f'paid_on "{told_day}" is not a day; write it as 2026-03-31.') from error
    if not text["amount"]:
        raise Refusal("the amount is empty; fill it in or remove the row.")
    return ToldPayment(
        account=text["account_no"] or None,
        amount_minor=minor_of(text["amount"], minor_per_major),
        external_id=text.get("channel_id") or None,
        paid_on=day,
        article=text.get("article") or None,
        payer=text.get("payer") or None,
        source_row=row_no,
    )


def _require_columns(path: Path, heading: Sequence[str]) -> None:
    refuse_missing_columns(path, heading, [name for name in NEEDED_COLUMNS if name not in heading])
