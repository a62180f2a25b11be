"""Requests of the pilot in a file: columns of the log, text to days, rows that are no requests.

Belongs here: what a row must have, one sentence for each that has not. Does not belong here: keeping them (`commands`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

from operational_db.exchange.entered_files import ENCODING, entered_rows, refuse_missing_columns
from operational_db.refusal import Refusal

NEEDED_COLUMNS: Final = ("request", "branch", "received", "subject", "module")
"""Others that are read: closed, answer; the rest is passed over."""


@dataclass(frozen=True)
class ToldRequest:
    """A request as a row of the log tells it."""

    row_no: int
    request_no: str
    branch: str
    received_on: date
    subject: str
    module: str
    closed_on: date | None
    answer: str | None


@dataclass(frozen=True)
class FileOfRequests:
    """What a file tells: requests, and a sentence for each row that is none."""

    requests: list[ToldRequest] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_requests(path: Path, today: date, *, delimiter: str = ",", encoding: str = ENCODING) -> FileOfRequests:
    """The requests of a CSV, or XLSX by its ending; the first row names the columns.

    Raises:
        Refusal: the file cannot be read or lacks a column.
    """
    file = FileOfRequests()
    rows: dict[str, ToldRequest] = {}
    for row_no, cells in entered_rows(path, _require_columns, delimiter=delimiter, encoding=encoding):
        text = {name: " ".join(cell.split()) for name, cell in cells.items()}
        try:
            told = _request(row_no, text, today)
            before = rows.get(told.request_no)
            if before is not None and _facts(before) != _facts(told):
                raise Refusal(
                    f'request "{told.request_no}" stands otherwise in row {before.row_no}; leave the one that is right.'
                )
        except Refusal as refusal:
            file.unreadable.append(f"{path.name}, row {row_no}: {refusal.sentence}")
            continue
        if before is None:
            rows[told.request_no] = told
            file.requests.append(told)
    return file


def _facts(request: ToldRequest) -> tuple:
    return (
        request.branch, request.received_on, request.subject, request.module, request.closed_on, request.answer,
    )  # fmt: skip


def _require_columns(path: Path, heading: Sequence[str]) -> None:
    refuse_missing_columns(path, heading, [name for name in NEEDED_COLUMNS if name not in heading])


def _request(row_no: int, text: Mapping[str, str], today: date) -> ToldRequest:
    for name in NEEDED_COLUMNS:
        if not text[name]:
            raise Refusal(f"{name} is empty; fill it in or remove the row.")
    received = _day("received", text["received"], today)
    closed = _day("closed", text["closed"], today) if text.get("closed") else None
    if closed is not None and closed < received:
        raise Refusal(f"closed {closed} is before received {received}; correct one of the days.")
    return ToldRequest(
        row_no, text["request"], text["branch"], received, text["subject"], text["module"], closed,
        text.get("answer") or None,
    )  # fmt: skip


def _day(name: str, told: str, today: date) -> date:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            day = datetime.strptime(told, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        if day > today:
            raise Refusal(f'{name} "{told}" is still to come; correct the day.')
        return day
    raise Refusal(f'{name} "{told}" is not a day; write it as 2026-03-31 or 31.03.2026.')
