"""Which packages carry the payments of the twenty accounts?

Belongs here: registers, control totals, one payment astray and one sent twice. Does not belong here: the
payments themselves (`tables`).
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from legacy_migration.synthetic_utility import layouts
from legacy_migration.synthetic_utility.text_files import money_with_comma, soums, write_text
from legacy_migration.synthetic_utility.truth import FileTotals, Truth
from operational_db.file_formats.dbf import write_dbf

from . import tables
from .columns import as_columns, scaled_money
from .tables import Payment


def write_payments(root: Path, truth: Truth) -> None:
    (root / "payments").mkdir(parents=True)
    packages = []
    receipts: dict[str, Iterator[int]] = {}
    in_order = sorted(tables.PAYMENTS, key=lambda payment: (f"{payment.day:%Y%m}", payment.channel, payment.day))
    for (label, channel), grouped in groupby(in_order, key=lambda payment: (f"{payment.day:%Y%m}", payment.channel)):
        name = f"{channel}_{label}_01.DBF"
        numbers = receipts.setdefault(channel, iter(range(1, 1000)))
        rows: list[dict[str, Any]] = []
        for payment in grouped:
            row = _payment_row(payment, next(numbers))
            rows += [row] * payment.copies
            path, operator = f"payments/{name}", row["OPERATOR"]
            if payment.copies > 1:
                written = f"{payment.key} {soums(payment.minor)}"
                truth.faults.add("payment_sent_twice", path, len(rows), operator, "OPERATOR", written, "once")
            if payment.written_number:
                written = f"{row['OS_RAH_B']}:{payment.written_number} {soums(payment.minor)}"
                truth.faults.add(
                    "payment_to_unknown_account", path, len(rows), operator, "OS_RAH_N", written, payment.key
                )
        total = sum(row["SUMMA"] for row in rows)
        transferred_on = rows[0]["PAYDATE"].replace(day=28)
        write_dbf(
            root / "payments" / name,
            layouts.PAYMENT,
            [scaled_money(as_columns(rows), "SUMMA")],
            encoding=layouts.PAYMENT_ENCODING,
            language_byte=0xC9,
            last_update=transferred_on,
        )
        truth.files.append(FileTotals(f"payments/{name}", len(rows), 0, {"SUMMA": total}))
        values = (
            f"P{len(packages) + 1:06d}",
            channel,
            name,
            f"{transferred_on:%d.%m.%Y}",
            len(rows),
            money_with_comma(total),
        )
        packages.append(dict(zip(layouts.PACKAGES, values, strict=True)))
    write_text(root, "payments/PACKAGES.CSV", layouts.PACKAGES, [as_columns(packages)], truth, {})


def _payment_row(payment: Payment, receipt: int) -> dict[str, Any]:
    branch, number = payment.key.split(":")
    names = {home.key: home.fio for home in tables.HOMES} | {
        f"UR:{legal.contract}": legal.name for legal in tables.LEGAL
    }
    full_name = names[payment.key]
    parts = [full_name, "", ""] if branch == "UR" else full_name.split(" ")
    empty = dict.fromkeys(("TOWN", "STREET", "HOUSE", "HOUSE_S", "APARTMENT", "APARTMENTS"), "")
    return {
        "OS_RAH_B": branch,
        "OS_RAH_N": payment.written_number or number,
        "PAYDATE": payment.day,
        "SUMMA": payment.minor,
        "PARAMETER": 0,
        **dict(zip(("FAMILY", "NAME", "NAME_1"), parts, strict=True)),
        **empty,
        "PAYTYPE": 3 if branch == "UR" else 2,
        "OPERATOR": f"0001-{receipt:010d}",
        "CREATDATE": payment.day,
        "CREATHH": 12,
        "CREATMM": 0,
    }
