"""Through which channel does money arrive, and in which packages?

Belongs here: the payment registers of all channels, their control totals and faults. Does not belong here:
who pays how much (`settlement`).

A package holds what one channel transferred in one month for some neighbouring RES. Payments of a RES are
held in memory until its neighbours' are there too; then the packages are written and forgotten.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from operational_db.file_formats.dbf import ScaledIntegers, write_dbf

from . import layouts
from .faults import PAYMENT_SENT_TWICE, PAYMENT_TO_UNKNOWN_ACCOUNT
from .households import CODE_OF_NOBODY, Households, account_text
from .legal import LegalConsumers
from .months import Months, dates_in_dbf
from .settlement import Settlement
from .text_files import money_with_comma, soums, write_by_places, write_text
from .truth import FileTotals, Truth

CHANNELS: Final = ("bank", "post", "paynet", "sms")
_CHANNEL_SHARES: Final = (0.25, 0.15, 0.45, 0.15)
_PAY_TYPE: Final = {"bank": 1, "post": 1, "paynet": 2, "sms": 2}
_BY_PLACES: Final = "post"
_BY_TRANSFER: Final = 3
_KNOWS_ADDRESS: Final = ("bank", "post")
_LEGAL_BRANCH: Final = "UR"
_DECIMALS: Final = 2
_TRANSFER_DAY: Final = 28


@dataclass(frozen=True)
class _Receipts:
    """Payments of one RES, channel and month in the order of the file; a receipt sent twice is there twice."""

    payer: Households | LegalConsumers
    account: np.ndarray
    amount_minor: np.ndarray
    is_misdirected: np.ndarray
    is_repeated: np.ndarray
    paid_on: np.ndarray
    told_reading: np.ndarray
    terminal: np.ndarray
    minute_of_day: np.ndarray


class PaymentRegister:
    """Gathers payments RES by RES and writes them as packages."""

    def __init__(self, root: Path, months: Months, truth: Truth) -> None:
        self._root = root
        self._months = months
        self._truth = truth
        self._held: dict[tuple[int, str], list[_Receipts]] = {}
        self._packages: list[tuple[str, str, str, str, int, str]] = []
        self._last_receipt = dict.fromkeys(CHANNELS, 0)
        self._group = 0
        (root / "payments").mkdir(parents=True, exist_ok=True)

    def hold_households(self, home: Households, money: Settlement, rng: np.random.Generator) -> None:
        """Take the payments of one RES; every household keeps to its channel."""
        channel = rng.choice(len(CHANNELS), len(home.book), p=_CHANNEL_SHARES)
        for month in range(self._months.count):
            pays = money.sent_minor[:, month] > 0
            for index, name in enumerate(CHANNELS):
                accounts = np.flatnonzero(pays & (channel == index))
                is_doubled = rng.random(len(accounts)) < PAYMENT_SENT_TWICE.rate
                if home.district.ordinal == 0 and month == 0 and name == "paynet" and len(accounts):
                    # However small the company, one payment is sent twice.
                    is_doubled[-1] = True
                tells = rng.random(len(accounts)) < 0.15
                told = np.where(tells, home.meters.register[accounts, month], 0)
                misdirected = money.is_misdirected[accounts, month]
                is_doubled &= ~misdirected & self._truth.faults.are_planted
                receipts = self._receipts(
                    home,
                    accounts,
                    money.sent_minor[accounts, month],
                    misdirected,
                    is_doubled,
                    told,
                    month,
                    rng,
                )
                self._held.setdefault((month, name), []).append(receipts)

    def hold_legal(self, legal: LegalConsumers, rng: np.random.Generator) -> None:
        """Take the payments of the legal consumers of one RES; they come through the bank."""
        for month in range(self._months.count):
            sent = legal.settlement.sent_minor[:, month]
            accounts = np.flatnonzero(sent > 0)
            nothing, never = np.zeros(len(accounts), np.int64), np.zeros(len(accounts), dtype=bool)
            receipts = self._receipts(legal, accounts, sent[accounts], never, never, nothing, month, rng)
            self._held.setdefault((month, "bank"), []).append(receipts)

    def _receipts(
        self,
        payer: Households | LegalConsumers,
        accounts: np.ndarray,
        amount_minor: np.ndarray,
        is_misdirected: np.ndarray,
        is_doubled: np.ndarray,
        told_reading: np.ndarray,
        month: int,
        rng: np.random.Generator,
    ) -> _Receipts:
        size = len(accounts)
        day = np.where(rng.random(size) < 0.7, rng.integers(1, 11, size), rng.integers(11, _TRANSFER_DAY, size))
        terminal, minute = rng.integers(1, 400, size), rng.integers(8 * 60, 20 * 60, size)
        # Rows are in the order of payment; a second copy follows the first.
        order = np.lexsort((minute, day))
        rows = np.repeat(order, 1 + is_doubled[order])
        is_repeated = np.zeros(len(rows), dtype=bool)
        is_repeated[1:] = rows[1:] == rows[:-1]
        return _Receipts(
            payer=payer,
            account=accounts[rows],
            amount_minor=amount_minor[rows],
            is_misdirected=is_misdirected[rows],
            is_repeated=is_repeated,
            paid_on=np.datetime64(self._months.starts[month]) + (day[rows] - 1),
            told_reading=told_reading[rows],
            terminal=terminal[rows],
            minute_of_day=minute[rows],
        )

    def write_held(self) -> None:
        """Write one package for every channel and month that has payments, and forget them."""
        self._group += 1
        for month, label in enumerate(self._months.labels):
            for channel in CHANNELS:
                parts = [part for part in self._held.pop((month, channel), []) if len(part.account)]
                if parts:
                    ending = "TXT" if channel == _BY_PLACES else "DBF"
                    self._write_package(f"{channel}_{label}_{self._group:02d}.{ending}", channel, month, parts)

    def _write_package(self, name: str, channel: str, month: int, parts: list[_Receipts]) -> None:
        path = f"payments/{name}"
        batches = self._batches(path, channel, parts)
        if channel == _BY_PLACES:
            rows = write_by_places(self._root / path, layouts.POST_REGISTER, batches)
        else:
            rows = write_dbf(
                self._root / path,
                layouts.PAYMENT,
                batches,
                encoding=layouts.PAYMENT_ENCODING,
                language_byte=0xC9,
                last_update=self._months.starts[month].replace(day=_TRANSFER_DAY),
            )
        total = sum(int(part.amount_minor.sum()) for part in parts)
        sums = {
            "SUMMA": total,
            "recognised": sum(int(part.amount_minor[~part.is_misdirected & ~part.is_repeated].sum()) for part in parts),
        }
        self._truth.files.append(FileTotals(path, rows, 0, sums))
        transferred_on = self._months.starts[month].replace(day=_TRANSFER_DAY)
        package = f"P{len(self._packages) + 1:06d}"
        self._packages.append((package, channel, name, f"{transferred_on:%d.%m.%Y}", rows, money_with_comma(total)))

    def _batches(self, path: str, channel: str, parts: list[_Receipts]) -> Iterator[Mapping[str, Any]]:
        row = 1
        for part in parts:
            receipt = self._last_receipt[channel] + np.cumsum(~part.is_repeated)
            self._last_receipt[channel] = int(receipt[-1])
            if isinstance(part.payer, Households):
                columns = _household_columns(part.payer, part, channel)
            else:
                columns = _legal_columns(part.payer, part)
            operator = [
                f"{terminal:04d}-{number:010d}"
                for terminal, number in zip(part.terminal.tolist(), receipt.tolist(), strict=True)
            ]
            self._put_down_faults(path, row, part, columns, operator)
            row += len(part.account)
            yield {
                **columns,
                "PAYDATE": dates_in_dbf(part.paid_on),
                "SUMMA": ScaledIntegers(part.amount_minor, _DECIMALS),
                "PARAMETER": part.told_reading,
                "OPERATOR": operator,
                "CREATDATE": dates_in_dbf(part.paid_on),
                "CREATHH": part.minute_of_day // 60,
                "CREATMM": part.minute_of_day % 60,
            }

    def _put_down_faults(
        self, path: str, first_row: int, part: _Receipts, columns: Mapping[str, Any], operator: list[str]
    ) -> None:
        for at in np.flatnonzero(part.is_misdirected):
            written = f"{columns['OS_RAH_B'][at]}:{columns['OS_RAH_N'][at]} {soums(part.amount_minor[at])}"
            truth = part.payer.key(part.account[at])
            self._truth.faults.add(
                PAYMENT_TO_UNKNOWN_ACCOUNT.code,
                path,
                first_row + at,
                operator[at],
                "OS_RAH_N",
                written,
                truth,
            )
        for at in np.flatnonzero(part.is_repeated):
            written = f"{part.payer.key(part.account[at])} {soums(part.amount_minor[at])}"
            self._truth.faults.add(
                PAYMENT_SENT_TWICE.code, path, first_row + at, operator[at], "OPERATOR", written, "once"
            )

    def write_package_list(self) -> None:
        """Write PACKAGES.CSV, the control totals of all packages."""
        columns = list(zip(*self._packages, strict=True)) or [()] * len(layouts.PACKAGES)
        batch = dict(zip(layouts.PACKAGES, columns, strict=True))
        write_text(self._root, "payments/PACKAGES.CSV", layouts.PACKAGES, [batch], self._truth, {})


def _household_columns(home: Households, part: _Receipts, channel: str) -> dict[str, Any]:
    take, size = pa.array(part.account), len(part.account)
    # One astray payment in three lacks the account, one has a RES that is not there, one a number that nobody has.
    astray = np.where(part.is_misdirected, 1 + part.account % 3, 0)
    number = account_text(home.book[part.account], home.code[part.account] + np.where(astray == 1, CODE_OF_NOBODY, 0))
    empty = pa.array([""] * size)
    columns = {
        "OS_RAH_B": pc.if_else(pa.array(astray == 2), "XX99", home.district.code),
        "OS_RAH_N": pc.if_else(pa.array(astray == 3), "", number),
        "FAMILY": home.people.surnames().take(take),
        "NAME": home.people.given_names().take(take),
        "NAME_1": home.people.fathers().take(take),
        "PAYTYPE": np.full(size, _PAY_TYPE[channel]),
    }
    if channel not in _KNOWS_ADDRESS:
        return columns | dict.fromkeys(("TOWN", "STREET", "HOUSE", "HOUSE_S", "APARTMENT", "APARTMENTS"), empty)
    places = home.addresses
    street = pa.array(places.street_code[part.account] - 1)
    return columns | {
        "TOWN": pa.array(places.street_towns).take(street),
        "STREET": pa.array(places.street_names).take(street),
        "HOUSE": pa.array(places.house[part.account]).cast(pa.string()),
        "HOUSE_S": places.letter.take(take),
        "APARTMENT": places.flat.take(take),
        "APARTMENTS": empty,
    }


def _legal_columns(legal: LegalConsumers, part: _Receipts) -> dict[str, Any]:
    size, accounts = len(part.account), part.account.tolist()
    empty = pa.array([""] * size)
    return {
        "OS_RAH_B": [_LEGAL_BRANCH] * size,
        "OS_RAH_N": [legal.contract(account) for account in accounts],
        "FAMILY": [legal.name[account][:25] for account in accounts],
        "PAYTYPE": np.full(size, _BY_TRANSFER),
    } | dict.fromkeys(("NAME", "NAME_1", "TOWN", "STREET", "HOUSE", "HOUSE_S", "APARTMENT", "APARTMENTS"), empty)
