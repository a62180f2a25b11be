"""Which faults come into finished files? Single cells of one RES spoiled as clerks, programs and disks spoil them.

Belongs here: choosing accounts that no other fault has, overwriting their cells, putting the faults down.
Does not belong here: the kinds (`faults`), faults that need rows of their own (each file's module).

The files are read back by the reader that everybody uses, so that a fault is put down by the row where it stands.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from operational_db.file_formats.dbf import read_columns, read_header
from operational_db.file_formats.odd_letters import CYRILLIC_LOOKALIKES, TO_LATIN

from . import layouts
from .broken_cells import CellBreaker
from .company import District
from .faults import ENCODING_CONFUSION, LATE_FAULTS, NEGATIVE_PAYMENT, FaultKind
from .truth import Truth

_OTHER_ENCODING: Final = "cp1251"
_KWH_MIN: Final = 100
Row = dict[str, str]


@dataclass
class _Table:
    """One finished file of the RES: its live rows by account, and the pen."""

    name: str
    rows: Mapping[str, list[tuple[int, Row]]]
    breaker: CellBreaker


class LateFaults:
    """The faults of one RES that come last."""

    def __init__(self, root: Path, district: District, truth: Truth) -> None:
        self._district = district
        self._truth = truth
        self._folder = f"household/{district.code}"
        self._root = root
        self._accounts = self._read("ABON.DBF")
        self._charges = self._read("NARAH.DBF")

    def plant(self, districts: int, asked_for: frozenset[str], rng: np.random.Generator) -> None:
        """Plant the kinds that are always there, and those asked for; each at least once in the company."""
        candidates = self._candidates()
        victims = [candidates[index] for index in rng.permutation(len(candidates)).tolist()]
        for index, kind in enumerate(LATE_FAULTS):
            wanted = int(kind.rate * self._district.households + rng.random())
            if index % districts == self._district.ordinal:
                wanted = max(wanted, 1)
            if not kind.is_always_planted and kind.code not in asked_for:
                continue
            for _ in range(wanted):
                # An account that this fault cannot befall keeps its turn for the next kind.
                for place, account in enumerate(victims):
                    if self._spoil(kind, account):
                        del victims[place]
                        break

    def _spoil(self, kind: FaultKind, account: str) -> bool:
        how: dict[str, Callable[[str], bool]] = {
            "charge_sign": self._charge_sign,
            "charge_thousandfold": self._charge_thousandfold,
            "energy_in_mwh": self._energy_in_mwh,
            "charge_month_shifted": self._charge_month_shifted,
            "charge_columns_swapped": self._charge_columns_swapped,
            "homoglyph_name": self._homoglyph_name,
            "misread_name": self._misread_name,
            "glued_address": self._glued_address,
            "wrong_tariff_code": self._wrong_tariff_code,
            "leading_zero_account": self._leading_zero_account,
        }
        return how[kind.code](account)

    def _candidates(self) -> list[str]:
        """Accounts with one row, charged in every month, that no fault has befallen."""
        prefix = f"{self._district.code}:"
        spoiled = {fault.key.removeprefix(prefix) for fault in self._truth.faults.faults}
        return [
            account
            for account, rows in self._accounts.rows.items()
            if account not in spoiled and len(rows) == 1 and self._is_plain(self._charges.rows.get(account, []))
        ]

    @staticmethod
    def _is_plain(charges: list[tuple[int, Row]]) -> bool:
        return bool(charges) and all(row["KWH"].isdigit() and int(row["KWH"]) >= _KWH_MIN for _, row in charges)

    def _read(self, name: str) -> _Table:
        path = self._root / self._folder / name
        rows: dict[str, list[tuple[int, Row]]] = defaultdict(list)
        for batch in read_columns(path, layouts.HOUSEHOLD_ENCODING):
            columns = {column: cells.to_pylist() for column, cells in batch.text.items()}
            for index, is_deleted in enumerate(batch.deleted.tolist()):
                if not is_deleted:
                    row = {column: cells[index] for column, cells in columns.items()}
                    rows[_account_of(row)].append((batch.first_row_no + index, row))
        return _Table(name, rows, CellBreaker(path, read_header(path).fields))

    def _write(self, kind: str, table: _Table, account: str, place: int, cells: Mapping[str, str]) -> bool:
        """Put other text into cells of one row, and put each down."""
        row_no, row = table.rows[account][place]
        for column, text in cells.items():
            table.breaker.overwrite_text(row_no, column, text, layouts.HOUSEHOLD_ENCODING)
            self._put_down(kind, table, account, row_no, column, text, row[column])
        return True

    def _put_down(
        self, kind: str, table: _Table, account: str, row_no: int, column: str, written: str, truth: str
    ) -> None:
        path = f"{self._folder}/{table.name}"
        self._truth.faults.add(kind, path, row_no, f"{self._district.code}:{account}", column, written, truth)

    def _charge_sign(self, account: str) -> bool:
        charge = self._charges.rows[account][0][1]["SUMA"]
        return self._write("charge_sign", self._charges, account, 0, {"SUMA": f"-{charge}"})

    def _charge_thousandfold(self, account: str) -> bool:
        whole, cents = self._charges.rows[account][0][1]["SUMA"].split(".")
        written = f"{int(whole + cents) * 1000 // 100}.{int(whole + cents) * 1000 % 100:02d}"
        return self._write("charge_thousandfold", self._charges, account, 0, {"SUMA": written})

    def _energy_in_mwh(self, account: str) -> bool:
        kwh = int(self._charges.rows[account][0][1]["KWH"])
        return self._write("energy_in_mwh", self._charges, account, 0, {"KWH": f"{kwh // 1000}.{kwh % 1000:03d}"})

    def _charge_month_shifted(self, account: str) -> bool:
        rows = self._charges.rows[account]
        if len(rows) == 1:
            return False
        return self._write("charge_month_shifted", self._charges, account, 1, {"MES": rows[0][1]["MES"]})

    def _charge_columns_swapped(self, account: str) -> bool:
        row = self._charges.rows[account][0][1]
        if row["SUMA"] == row["SALDO"]:
            return False
        swapped = {"SUMA": row["SALDO"], "SALDO": row["SUMA"]}
        return self._write("charge_columns_swapped", self._charges, account, 0, swapped)

    def _homoglyph_name(self, account: str) -> bool:
        """One letter inside the name is the Latin one that looks the same."""
        name = self._accounts.rows[account][0][1]["FIO"]
        place = next((place for place in range(1, len(name)) if name[place] in CYRILLIC_LOOKALIKES), None)
        if place is None:
            return False
        written = name[:place] + name[place].translate(TO_LATIN) + name[place + 1 :]
        return self._write("homoglyph_name", self._accounts, account, 0, {"FIO": written})

    def _misread_name(self, account: str) -> bool:
        """The bytes are those of the other page, as when one row is copied from a Windows program."""
        name = self._accounts.rows[account][0][1]["FIO"]
        raw = name.encode(_OTHER_ENCODING)
        return self._write("misread_name", self._accounts, account, 0, {"FIO": raw.decode(layouts.HOUSEHOLD_ENCODING)})

    def _glued_address(self, account: str) -> bool:
        row = self._accounts.rows[account][0][1]
        glued = f"{row['HOUSE']}/{row['FLAT']}"
        if not row["FLAT"] or len(glued) > len("12345"):
            return False
        return self._write("glued_address", self._accounts, account, 0, {"HOUSE": "0", "FLAT": glued})

    def _wrong_tariff_code(self, account: str) -> bool:
        right = self._accounts.rows[account][0][1]["TAR"]
        ordinary, e_stove = str(layouts.TARIFF_ORDINARY), str(layouts.TARIFF_E_STOVE)
        written = ordinary if right == e_stove else e_stove
        return self._write("wrong_tariff_code", self._accounts, account, 0, {"TAR": written})

    def _leading_zero_account(self, account: str) -> bool:
        if self._district.account_in_two_fields:
            return False
        book, code = account.split("/")
        return self._write(
            "leading_zero_account", self._charges, account, -1, {"RAH": f"{int(book):04d}/{int(code):05d}"}
        )


def _account_of(row: Row) -> str:
    return row["RAH"] if "RAH" in row else f"{int(row['BOOK'])}/{int(row['CODE'])}"


def confuse_encoding(root: Path, district: District, truth: Truth) -> None:
    """The whole column of names in the other page; letters of cp866 that cp1251 has too."""
    name = f"household/{district.code}/ABON.DBF"
    path = root / name
    breaker = CellBreaker(path, read_header(path).fields)
    for batch in list(read_columns(path, layouts.HOUSEHOLD_ENCODING)):
        for row_no, text in zip(batch.row_no.tolist(), batch.text["FIO"].to_pylist(), strict=True):
            raw = text.encode(_OTHER_ENCODING, "replace")
            breaker.overwrite_text(row_no, "FIO", raw.decode(layouts.HOUSEHOLD_ENCODING), layouts.HOUSEHOLD_ENCODING)
    truth.faults.add(ENCODING_CONFUSION.code, name, 1, district.code, "", _OTHER_ENCODING, layouts.HOUSEHOLD_ENCODING)


def negate_payment(root: Path, truth: Truth) -> None:
    """The first payment of the first table of the bank."""
    path = min((root / "payments").glob("bank_*.DBF"))
    (first, *_) = read_columns(path, layouts.PAYMENT_ENCODING)
    amount, receipt = first.text["SUMMA"][0].as_py(), first.text["OPERATOR"][0].as_py()
    CellBreaker(path, read_header(path).fields).overwrite(1, "SUMMA", f"-{amount}")
    truth.faults.add(NEGATIVE_PAYMENT.code, f"payments/{path.name}", 1, receipt, "SUMMA", f"-{amount}", amount)
