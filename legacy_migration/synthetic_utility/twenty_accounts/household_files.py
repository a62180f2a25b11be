"""Which rows stand in the household databases of the two RES?

Belongs here: ABON, LICH, POKAZ, NARAH, SALDO, STREET and KAT of the twenty accounts and their faults. Does
not belong here: the figures (`tables`, `books`).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from legacy_migration.synthetic_utility import layouts
from legacy_migration.synthetic_utility.broken_cells import CellBreaker
from legacy_migration.synthetic_utility.company import District
from legacy_migration.synthetic_utility.dictionary_files import code_list_columns
from legacy_migration.synthetic_utility.household_database import AccountNumbers
from legacy_migration.synthetic_utility.text_files import soums
from legacy_migration.synthetic_utility.truth import FileTotals, Truth
from operational_db.file_formats.dbf import DELETION_FLAG, DbfField, write_dbf

from . import tables
from .books import charges_minor, closings_minor, recognised_minor, register
from .columns import Columns, Rows, as_columns, scaled_money
from .tables import CONTRACT_ON, INSTALLED_ON, LABELS, STARTS, Home

_CLOSED_ON: Final = date(2024, 9, 15)


class HouseholdFiles:
    """The household database of one RES."""

    def __init__(self, root: Path, district: District, truth: Truth) -> None:
        self._district = district
        self._folder = f"household/{district.code}"
        self._path = root / self._folder
        self._truth = truth
        self._numbers = AccountNumbers(district.account_in_two_fields)
        self._homes = [home for home in tables.HOMES if home.res == district.code]
        self._active = [home for home in self._homes if not home.archived]
        self._path.mkdir(parents=True, exist_ok=True)

    def write_all(self) -> None:
        """Write the seven files."""
        self._accounts()
        self._meters()
        self._readings()
        self._charges()
        self._openings()
        streets = [
            {"KVUL": code, "TOWN": town, "STREET": name} for code, town, name in tables.STREETS[self._district.code]
        ]
        self._write("STREET.DBF", layouts.STREET, as_columns(streets))
        self._write("KAT.DBF", layouts.KAT, code_list_columns())

    def _write(self, name: str, fields: Sequence[DbfField], columns: Columns, **sums: int) -> CellBreaker:
        rows = write_dbf(
            self._path / name,
            fields,
            [columns],
            encoding=layouts.HOUSEHOLD_ENCODING,
            language_byte=self._district.language_byte,
            last_update=STARTS[-1],
        )
        deleted = sum(columns.get(DELETION_FLAG, ()))
        self._truth.files.append(FileTotals(f"{self._folder}/{name}", rows, deleted, sums))
        return CellBreaker(self._path / name, fields)

    def _with_account(self, codes: Sequence[int], rows: Rows, *, as_text: bool = False) -> Columns:
        book = np.ones(len(codes), dtype=np.int64)
        return {**self._numbers.columns(book, np.array(codes), as_text=as_text), **as_columns(rows)}

    def _fault(
        self, kind: str, name: str, row: int, key: str, field: str = "", written: object = "", right: object = ""
    ) -> None:
        self._truth.faults.add(kind, f"{self._folder}/{name}", row, key, field, written, right)

    def _account_row(self, home: Home) -> dict[str, Any]:
        return {
            "FIO": home.fio,
            "KVUL": home.street,
            "HOUSE": home.house,
            "HLET": "",
            "KORP": "",
            "FLAT": home.flat,
            "TP": f"{home.res}T0001",
            "FIDER": f"{home.res}F001",
            "TAR": home.tariff,
            "DOGOVOR": CONTRACT_ON,
            "OSOB": home.residents,
            "TEL": "",
            "ARH": home.archived,
            "PASP": f"AA{home.serial}0",
            "PINFL": f"30101010{home.serial}",
            DELETION_FLAG: False,
        }

    def _accounts(self) -> None:
        name, codes = "ABON.DBF", [home.code for home in self._homes]
        rows = [self._account_row(home) for home in self._homes]
        if self._district is tables.CITY:
            # Row 10 repeats row 2; names, street and date of rows 4, 8 and 6 are spoiled.
            rows[3]["FIO"], rows[7]["KVUL"], rows[5]["DOGOVOR"] = "Ка??оров Умид Ботирович", 0, None
            self._fault("lost_letters", name, 4, "SA01:1/4", "FIO", rows[3]["FIO"], self._homes[3].fio)
            self._fault("account_without_street", name, 8, "SA01:1/8", "KVUL", 0, self._homes[7].street)
            self._fault("blank_contract_date", name, 6, "SA01:1/6", "DOGOVOR", "", CONTRACT_ON)
            codes.append(2)
            rows.append(dict(rows[1]))
            self._fault("duplicate_account", name, 10, "SA01:1/2", right="row 2")
        else:
            # Row 9 is a former holder of account 1, flagged deleted.
            codes.append(1)
            rows.append(rows[0] | {"FIO": "Бобоев Азиз Каримович", DELETION_FLAG: True})
            self._fault("deleted_account", name, 9, "SA03:1/1", right="row 1")
            self._fault("unknown_tariff", name, 8, "SA03:1/8", "TAR", layouts.TARIFF_UNKNOWN, layouts.TARIFF_RURAL)
        fields = (*self._numbers.fields(), *layouts.ABON)
        self._write(name, fields, self._with_account(codes, rows), accounts=len(self._homes))

    def _meters(self) -> None:
        name, replaced = "LICH.DBF", tables.REPLACEMENT
        codes = [home.code for home in self._homes]
        rows = [_meter_row(home.serial, home.meter_type, INSTALLED_ON, 0) for home in self._homes]
        for home, row in zip(self._homes, rows, strict=True):
            if home.archived:
                row |= {"DZN": _CLOSED_ON, "POKK": home.opening_reading}
            if home.key == replaced.key:
                row |= {"DZN": replaced.day, "POKK": replaced.last_reading}
        if self._district is tables.COUNTRY:
            codes += [3, 901]
            rows.append(_meter_row(replaced.new_serial, replaced.new_type, replaced.day, replaced.first_reading))
            rows.append(_meter_row("903901", 1, INSTALLED_ON, 0))
            self._fault("orphan_meter", name, 10, "SA03:1/901")
        fields = (*self._numbers.fields(), *layouts.LICH)
        breaker = self._write(name, fields, self._with_account(codes, rows), meters=len(codes))
        if self._district is tables.COUNTRY:
            right = breaker.overwrite(4, "DUST", "00000000")
            self._fault("zero_installation_date", name, 4, "SA03:1/4", "DUST", "00000000", right)

    def _readings(self) -> None:
        name, replaced = "POKAZ.DBF", tables.REPLACEMENT
        codes, rows = [], []
        for column, day in enumerate(STARTS):
            kind = layouts.READ_BY_CONTROLLER if column else layouts.READ_OPENING
            for home in self._active:
                values, serial = register(home), home.serial
                value = values[column]
                if home.key == replaced.key and column > replaced.month:
                    serial, value = replaced.new_serial, value - replaced.last_reading + replaced.first_reading
                codes.append(home.code)
                if (home.key, column) == (tables.SLIP_KEY, tables.SLIP_COLUMN):
                    self._fault("reading_slip", name, len(codes), home.key, "POKAZ", tables.SLIP_WRITTEN, value)
                    value = tables.SLIP_WRITTEN
                if column and value < values[column - 1] and serial == home.serial and home.key != tables.SLIP_KEY:
                    self._fault("register_rollover", name, len(codes), home.key, "POKAZ", value, value)
                rows.append({"NOMER": serial, "DATA": day, "POKAZ": value, "VID": kind})
        for home in self._active:
            if home.key == replaced.key:
                codes += [home.code, home.code]
                removed, installed = layouts.READ_AT_REMOVAL, layouts.READ_AT_INSTALLATION
                rows.append(
                    {"NOMER": home.serial, "DATA": replaced.day, "POKAZ": replaced.last_reading, "VID": removed}
                )
                rows.append(
                    {
                        "NOMER": replaced.new_serial,
                        "DATA": replaced.day,
                        "POKAZ": replaced.first_reading,
                        "VID": installed,
                    }
                )
        fields = (*self._numbers.fields(as_text=True), *layouts.POKAZ)
        self._write(name, fields, self._with_account(codes, rows, as_text=True), readings=len(codes))

    def _charges(self) -> None:
        name, rows = "NARAH.DBF", []
        for month, label in enumerate(LABELS):
            for home in self._active:
                charges = charges_minor(home)
                closing = closings_minor(self._opening_minor(home), home.key, charges)[month]
                paid = recognised_minor(home.key, month)
                rows.append(
                    {"MES": label, "KWH": home.kwh[month], "SUMA": charges[month], "OPL": paid, "SALDO": closing}
                )
        if self._district is tables.COUNTRY:
            # March of accounts 1 and 3 stands in rows 17 and 19.
            first, second = rows[16], rows[18]
            first["SUMA"], second["SUMA"] = second["SUMA"], first["SUMA"]
            for row, written, right in ((17, first, second), (19, second, first)):
                key = self._active[(row - 1) % len(self._active)].key
                self._fault("swapped_charges", name, row, key, "SUMA", soums(written["SUMA"]), soums(right["SUMA"]))
        fields = (*self._numbers.fields(), *layouts.NARAH)
        sums = {field: sum(row[field] for row in rows) for field in ("KWH", "SUMA", "OPL")}
        codes = [home.code for home in self._active] * len(LABELS)
        self._write(name, fields, scaled_money(self._with_account(codes, rows), "SUMA", "OPL", "SALDO"), **sums)

    def _opening_minor(self, home: Home) -> int:
        return sum(debit - credit for key, _, debit, credit in tables.OPENINGS if key == home.key)

    def _openings(self) -> None:
        own = [row for row in tables.OPENINGS if row[0].startswith(self._district.code)]
        rows = [{"GOD": year, "DEB": debit, "KRD": credit} for _, year, debit, credit in own]
        codes = [int(key.split("/")[1]) for key, *_ in own]
        sums = {"DEB": sum(row["DEB"] for row in rows), "KRD": sum(row["KRD"] for row in rows)}
        fields = (*self._numbers.fields(), *layouts.SALDO)
        self._write("SALDO.DBF", fields, scaled_money(self._with_account(codes, rows), "DEB", "KRD"), **sums)


def _meter_row(serial: str, meter_type: int, installed_on: date, first_reading: int) -> dict[str, Any]:
    return {
        "NOMER": serial,
        "TIP": meter_type,
        "ZNAK": layouts.METER_DIGITS[meter_type],
        "DUST": installed_on,
        "POKP": first_reading,
        "DZN": None,
        "POKK": None,
    }
