"""Which rows stand in LICH.DBF and POKAZ.DBF? Meters and their readings.

Belongs here: both files of one RES and their faults. Does not belong here: what the registers showed
(`households`).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from operational_db.file_formats.dbf import DELETION_FLAG

from . import layouts
from .household_database import Columns, HouseholdDatabase
from .households import CODE_OF_NOBODY, digits_of
from .months import dates_in_dbf

_STARS: Final = "********"
_METERS: Final = "LICH.DBF"
_READINGS: Final = "POKAZ.DBF"
_ABSENT: Final = -1


def write_meters(database: HouseholdDatabase) -> None:
    """Write LICH.DBF: first meters in the order of accounts, then those that replaced some, then orphans."""
    home, meters, victims = database.households, database.households.meters, database.households.victims
    size, replaced, orphans = len(home.book), meters.replaced, victims["orphan_meter"]
    code = np.concatenate([home.code, home.code[replaced], home.code[orphans] + CODE_OF_NOBODY])
    book = np.concatenate([home.book, home.book[replaced], home.book[orphans]])
    orphan_serial = np.array([f"9{serial[1:]}" for serial in meters.serial[orphans]], dtype="U12")
    types = np.concatenate([meters.type_code, meters.new_type_code, meters.type_code[orphans]])
    nothing = np.full(len(replaced) + len(orphans), np.datetime64("NaT"), dtype="datetime64[D]")
    columns = {
        **database.numbers.columns(book, code),
        "NOMER": pa.array(np.concatenate([meters.serial, meters.new_serial, orphan_serial]).tolist(), pa.string()),
        "TIP": types,
        "ZNAK": digits_of(types),
        "DUST": dates_in_dbf(
            np.concatenate([meters.installed_on, meters.removed_on[replaced], meters.installed_on[orphans]])
        ),
        "POKP": np.concatenate(
            [np.zeros(size, np.int64), meters.new_value_at_installation, np.zeros(len(orphans), np.int64)]
        ),
        "DZN": dates_in_dbf(np.concatenate([meters.removed_on, nothing])),
        "POKK": _or_blank(np.concatenate([meters.value_at_removal, np.full(len(nothing), _ABSENT)])),
    }
    breaker = database.write(_METERS, (*database.numbers.fields(), *layouts.LICH), [columns], {"meters": len(code)})

    for number, account in enumerate(orphans):
        row = size + len(replaced) + number + 1
        database.fault(
            "orphan_meter",
            _METERS,
            row,
            f"{home.district.code}:{home.book[account]}/{home.code[account] + CODE_OF_NOBODY}",
        )
    for account in victims["zero_installation_date"]:
        truth = breaker.overwrite(account + 1, "DUST", "00000000")
        database.fault("zero_installation_date", _METERS, account + 1, home.key(account), "DUST", "00000000", truth)
    for first, second in victims["duplicate_serial"].reshape(-1, 2):
        database.fault(
            "duplicate_serial",
            _METERS,
            second + 1,
            home.key(second),
            "NOMER",
            meters.serial[second],
            f"serial of {home.key(first)}",
        )


def _or_blank(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=values == _ABSENT)


def write_readings(database: HouseholdDatabase, rng: np.random.Generator) -> None:
    """Write POKAZ.DBF: a block of rows for every first of a month, then replacements, then mistakes."""
    home, victims = database.households, database.households.victims
    active, months = home.active, database.months
    register = home.meters.register.copy()
    slips = [(int(account), int(rng.integers(1, months.count + 1))) for account in victims["reading_slip"]]
    for account, column in slips:
        register[account, column] = max(0, home.meters.register[account, column - 1] - int(rng.integers(5, 400)))
    fields = (*database.numbers.fields(as_text=True), *layouts.POKAZ)
    breaker = database.write(
        _READINGS,
        fields,
        _reading_batches(database, register),
        {"readings": len(active) * (months.count + 1) + 2 * len(home.meters.replaced)},
    )

    def row_of(account: int, column: int) -> int:
        return column * len(active) + int(np.searchsorted(active, account)) + 1

    for account, column in slips:
        truth = home.meters.register[account, column]
        database.fault(
            "reading_slip",
            _READINGS,
            row_of(account, column),
            home.key(account),
            "POKAZ",
            register[account, column],
            truth,
        )
    for account in victims["register_rollover"]:
        column = int(np.argmax(np.diff(home.meters.register[account]) < 0)) + 1
        value = home.meters.register[account, column]
        database.fault(
            "register_rollover", _READINGS, row_of(account, column), home.key(account), "POKAZ", value, value
        )
    for account in victims["unreadable_reading"]:
        row = row_of(account, months.count // 2 + 1)
        truth = breaker.overwrite(row, "POKAZ", _STARS)
        database.fault("unreadable_reading", _READINGS, row, home.key(account), "POKAZ", _STARS, truth)
    row = (months.count + 1) * len(active) + 2 * len(home.meters.replaced)
    for account in victims["orphan_reading"]:
        row += 1
        database.fault(
            "orphan_reading",
            _READINGS,
            row,
            f"{home.district.code}:{home.book[account]}/{home.code[account] + CODE_OF_NOBODY}",
        )
    for account in victims["deleted_reading"]:
        row += 1
        database.fault("deleted_reading", _READINGS, row, home.key(account))


def _reading_batches(database: HouseholdDatabase, register: np.ndarray) -> Iterator[Columns]:
    home, meters, months = database.households, database.households.meters, database.months
    active = home.active
    account = database.numbers.columns(home.book[active], home.code[active], as_text=True)
    starts = np.array(months.starts, dtype="datetime64[D]")
    first_serials = pa.array(meters.serial[active].tolist(), pa.string())
    for column, day in enumerate(starts):
        serials = first_serials
        gone = meters.replaced_in < column
        if gone.any():
            serial = meters.serial.copy()
            serial[meters.replaced[gone]] = meters.new_serial[gone]
            serials = pa.array(serial[active].tolist(), pa.string())
        kind = home.reading_kind[active, column - 1] if column else np.full(len(active), layouts.READ_OPENING)
        yield {
            **account,
            "NOMER": serials,
            "DATA": dates_in_dbf(np.full(len(active), day)),
            "POKAZ": register[active, column],
            "VID": kind,
        }
    yield from _replacement_rows(database)
    yield from _mistaken_rows(database, starts)


def _replacement_rows(database: HouseholdDatabase) -> Iterator[Columns]:
    home, meters = database.households, database.households.meters
    both = np.repeat(meters.replaced, 2)
    if not len(both):
        return
    is_new = np.tile([False, True], len(meters.replaced))
    twice = np.repeat(np.arange(len(meters.replaced)), 2)
    yield {
        **database.numbers.columns(home.book[both], home.code[both], as_text=True),
        "NOMER": pa.array(np.where(is_new, meters.new_serial[twice], meters.serial[both]).tolist(), pa.string()),
        "DATA": dates_in_dbf(meters.removed_on[both]),
        "POKAZ": np.where(is_new, meters.new_value_at_installation[twice], meters.value_at_removal[both]),
        "VID": np.where(is_new, layouts.READ_AT_INSTALLATION, layouts.READ_AT_REMOVAL),
    }


def _mistaken_rows(database: HouseholdDatabase, starts: np.ndarray) -> Iterator[Columns]:
    """Readings of accounts that are nobody's, and wrong readings of the second day that were deleted at once."""
    home, meters = database.households, database.households.meters
    orphans, deleted = home.victims["orphan_reading"], home.victims["deleted_reading"]
    accounts = np.concatenate([orphans, deleted])
    if not len(accounts):
        return
    is_deleted = np.arange(len(accounts)) >= len(orphans)
    yield {
        **database.numbers.columns(
            home.book[accounts], home.code[accounts] + np.where(is_deleted, 0, CODE_OF_NOBODY), as_text=True
        ),
        "NOMER": pa.array(meters.serial[accounts].tolist(), pa.string()),
        "DATA": dates_in_dbf(np.full(len(accounts), starts[1])),
        "POKAZ": meters.register[accounts, 1] * 3 % 90_000,
        "VID": np.full(len(accounts), layouts.READ_BY_CONTROLLER),
        DELETION_FLAG: is_deleted,
    }
