"""The way a script would go: dbfread, a line of Python for each cell, COPY. What `migration_load` is measured against.

The same typed rows as the profile makes of the DBF files, into tables without keys; no hash, no verdict, no check.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from dbfread import DBF, FieldParser

from legacy_migration.profile import MAPPINGS_DIR
from operational_db.connections import connect_as_admin
from operational_db.settings import Settings

Row = dict[str, Any]
Facts = Iterator[tuple[str, tuple[Any, ...]]]


class _Tolerant(FieldParser):
    """A cell that is no number or day is empty, as in any script that is to reach the end."""

    def parseN(self, field: Any, data: bytes) -> Any:  # noqa: N802, ANN401 - dbfread's names
        try:
            return super().parseN(field, data)
        except ValueError:
            return None

    def parseD(self, field: Any, data: bytes) -> Any:  # noqa: N802, ANN401
        try:
            return super().parseD(field, data)
        except ValueError:
            return None


def _codes(name: str) -> dict[str, str]:
    with (MAPPINGS_DIR / f"merged_utility.{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["legacy_code"]: row["code"] for row in csv.DictReader(file)}


def _minor(value: float | None) -> int | None:
    return None if value is None else round(value * 100)


def _account(res: str, row: Row) -> str:
    if "RAH" in row:
        return "/".join([res, *(part.lstrip("0") for part in row["RAH"].split("/"))])
    return f"{res}/{str(row['BOOK']).lstrip('0')}/{str(row['CODE']).lstrip('0')}"


COLUMNS = {
    "account": "account_no, kind, res_code, full_name, tax_number, passport_number, phone, street_code, house, "
    "house_letter, building, flat, contract_no, contract_on, residents, is_archived",
    "metering_point": "point_code, account_no, res_code, unit_code, upper_unit_code, tariff_code, consumer_class, "
    "connected_on, supply_voltage_kv",
    "meter": "point_code, serial_no, meter_type_code, digits, ratio, installed_on, removed_on",
    "reading": "point_code, serial_no, read_on, value_kwh, kind, is_opening",
    "charge": "account_no, service_month, energy_kwh, charge_minor, paid_minor, balance_minor",
    "opening_balance": "account_no, year_of_origin, debit_minor, credit_minor",
    "payment": "file_name, channel_code, account_no, res_code, paid_on, amount_minor, external_id, payer_text",
    "street": "res_code, street_code, locality, street_name",
    "code_entry": "list_code, entry_code, entry_name",
}


class _Script:
    def __init__(self) -> None:
        self.tariffs, self.meter_types, self.kinds = _codes("tariff"), _codes("meter_type"), _codes("reading_kind")

    def accounts(self, res: str, row: Row) -> Facts:
        number = _account(res, row)
        yield "account", (
            number, "household", res, " ".join(row["FIO"].split()), row["PINFL"], row["PASP"], row["TEL"], row["KVUL"],
            row["HOUSE"], row["HLET"], row["KORP"], row["FLAT"], number, row["DOGOVOR"], row["OSOB"],
            row["ARH"] in (True, "T", "Y"),
        )  # fmt: skip
        yield "metering_point", (
            number, number, res, row["TP"], row["FIDER"], self.tariffs.get(str(row["TAR"])), row["TAR"], row["DOGOVOR"],
            0.4,
        )  # fmt: skip

    def meters(self, res: str, row: Row) -> Facts:
        yield "meter", (
            _account(res, row), row["NOMER"], self.meter_types.get(str(row["TIP"])), row["ZNAK"], 1, row["DUST"],
            row["DZN"],
        )  # fmt: skip

    def readings(self, res: str, row: Row) -> Facts:
        kind = str(row["VID"])
        yield "reading", (
            _account(res, row), row["NOMER"], row["DATA"], row["POKAZ"], self.kinds.get(kind), kind in ("0", "6"),
        )  # fmt: skip

    def charges(self, res: str, row: Row) -> Facts:
        month = str(row["MES"])
        yield "charge", (
            _account(res, row), date(int(month[:4]), int(month[4:6]), 1), row["KWH"], _minor(row["SUMA"]),
            _minor(row["OPL"]), _minor(row["SALDO"]),
        )  # fmt: skip

    def openings(self, res: str, row: Row) -> Facts:
        yield "opening_balance", (_account(res, row), row["GOD"], _minor(row["DEB"]), _minor(row["KRD"]))

    def streets(self, res: str, row: Row) -> Facts:
        yield "street", (res, row["KVUL"], row["TOWN"], row["STREET"])

    def codes(self, res: str, row: Row) -> Facts:
        yield "code_entry", (f"{res}/{row['VID']}", row["KOD"], row["NAZVA"])

    def payments(self, name: str, row: Row) -> Facts:
        parts = [str(row[column]).lstrip("0") for column in ("OS_RAH_B", "OS_RAH_N")]
        yield "payment", (
            name, name.split("_", maxsplit=1)[0], "/".join(parts), row["OS_RAH_B"],
            row["PAYDATE"], _minor(row["SUMMA"]),
            row["OPERATOR"],
            " ".join([*parts, row["FAMILY"]]),
        )  # fmt: skip


def copy_by_dbfread(own: Settings, dump: Path, schema: str) -> None:
    """Bring every DBF file of the dump into the tables of a schema."""
    script = _Script()
    ways: dict[str, Callable[[str, Row], Facts]] = {
        "ABON": script.accounts, "LICH": script.meters, "POKAZ": script.readings, "NARAH": script.charges,
        "SALDO": script.openings, "STREET": script.streets, "KAT": script.codes,
    }  # fmt: skip
    with connect_as_admin(own) as session:
        for path in sorted(dump.rglob("*.DBF")):
            is_payment = "payments" in path.parts
            way = script.payments if is_payment else ways[path.stem]
            place = path.name if is_payment else path.parent.name
            table = DBF(path, encoding="cp1251" if is_payment else "cp866", parserclass=_Tolerant,
                        char_decode_errors="replace")  # fmt: skip
            names = {"ABON": ["account", "metering_point"]}.get(path.stem if not is_payment else "")
            rows: dict[str, list[tuple[Any, ...]]] = {}
            for record_no, record in enumerate(table, start=1):
                for name, facts in way(place, record):
                    rows.setdefault(name, []).append((1, 1, record_no, 0, *facts, False))
            for name in names or list(rows):
                with session.cursor().copy(
                    f"COPY {schema}.{name} (load_id, file_id, row_no, part_no, {COLUMNS[name]}, is_deleted) FROM STDIN"
                ) as copy:
                    for row in rows.get(name, []):
                        copy.write_row(row)
        session.commit()
