"""The twenty-account utility writes the figures that were worked by hand, and its faults where the page says."""

import csv
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from legacy_migration.synthetic_utility.faults import ALL_KINDS
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.file_formats.dbf import read_columns
from operational_db.file_formats.layout_80020 import read_80020

REPOSITORY = Path(__file__).resolve().parents[2]
EXPECTED = REPOSITORY / "tests" / "fixtures" / "twenty_accounts" / "expected.csv"
PAGE = REPOSITORY / "docs" / "twenty_accounts.md"

Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("twenty") / "dump")


def dbf_rows(path: Path, encoding: str = "cp866") -> list[Row]:
    rows = []
    for batch in read_columns(path, encoding):
        columns = {name: column.to_pylist() for name, column in batch.text.items()}
        for index in range(len(batch.deleted)):
            row = {name: values[index] for name, values in columns.items()}
            if "/household/" in path.as_posix() and "VID" not in row and "KVUL" not in row:
                number = row.get("RAH") or f"{int(row['BOOK'])}/{int(row['CODE'])}"
                row["account"] = f"{path.parent.name}:{number}"
            rows.append(row)
    return rows


def text_rows(path: Path, encoding: str = "cp1251", delimiter: str = ";") -> list[Row]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def truth(folder: Path, name: str) -> list[Row]:
    return text_rows(folder.with_name("dump_truth") / name, "utf-8", ",")


def test_charges_payments_and_balances_are_those_worked_by_hand(folder: Path) -> None:
    written: dict[tuple[str, str], tuple[Decimal, ...]] = {}
    for res in ("SA01", "SA03"):
        for row in dbf_rows(folder / "household" / res / "NARAH.DBF"):
            figures = tuple(Decimal(row[name]) for name in ("KWH", "SUMA", "OPL", "SALDO"))
            written[row["account"], row["MES"]] = figures
    for row in text_rows(folder / "legal" / "LEGAL_SALDO.CSV"):
        figures = tuple(number(row[name]) for name in ("KWH", "NACHISLENO", "OPLACHENO", "SALDO_K"))
        written[row["DOGOVOR"], row["MES"]] = figures
    for fault in truth(folder, "faults.csv"):
        if fault["kind"] == "swapped_charges":
            at = (fault["key"], "202603")
            kwh, charged, paid, closing = written[at]
            assert charged == Decimal(fault["written"])
            written[at] = (kwh, Decimal(fault["truth"]), paid, closing)
    expected = {
        (row["account"], row["month"].replace("-", "")): tuple(
            Decimal(row[name]) for name in ("kwh", "charged_soum", "paid_soum", "closing_soum")
        )
        for row in text_rows(EXPECTED, "utf-8", ",")
    }
    assert written == expected
    assert len(expected) == 19 * 3, "the archived account has no months"


def test_opening_balances_are_those_worked_by_hand(folder: Path) -> None:
    opening: dict[str, Decimal] = defaultdict(Decimal)
    for res in ("SA01", "SA03"):
        for row in dbf_rows(folder / "household" / res / "SALDO.DBF"):
            opening[row["account"]] += Decimal(row["DEB"]) - Decimal(row["KRD"])
    for row in text_rows(folder / "legal" / "LEGAL_SALDO.CSV"):
        if row["MES"] == "202601":
            opening[row["DOGOVOR"]] = number(row["SALDO_N"])
    assert opening.pop("SA01:1/9") == 70_000
    for row in text_rows(EXPECTED, "utf-8", ","):
        if row["month"] == "2026-01":
            assert opening[row["account"]] == Decimal(row["opening_soum"]), row


def test_packages_hold_the_recognised_money_and_what_went_wrong(folder: Path) -> None:
    paid = sum(Decimal(row["paid_soum"]) for row in text_rows(EXPECTED, "utf-8", ","))
    sent = Decimal(0)
    for package in text_rows(folder / "payments" / "PACKAGES.CSV"):
        rows = dbf_rows(folder / "payments" / package["FAIL"], "cp1251")
        assert len(rows) == int(package["KOLVO"])
        assert sum(Decimal(row["SUMMA"]) for row in rows) == number(package["SUMMA"])
        sent += number(package["SUMMA"])
    assert sent == paid + 108_000 + 84_000


def test_readings_tell_of_the_rollover_the_replacement_and_the_slip(folder: Path) -> None:
    values: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in dbf_rows(folder / "household" / "SA03" / "POKAZ.DBF"):
        values[int(row["CODE"])].append((row["DATA"][4:], int(row["POKAZ"])))
    assert values[2] == [("0101", 99_900), ("0201", 60), ("0301", 200), ("0401", 330)]
    assert values[3] == [("0101", 4_000), ("0201", 4_220), ("0301", 155), ("0401", 365), ("0211", 4_310), ("0211", 5)]
    assert values[7] == [("0101", 2_000), ("0201", 2_150), ("0301", 1_310), ("0401", 2_480)]


def test_the_large_consumer_takes_a_hundred_kwh_in_every_half_hour(folder: Path) -> None:
    energy: dict[str, int] = defaultdict(int)
    for path in sorted((folder / "askue" / "SA01").iterdir()):
        for measured in read_80020(path):
            if measured.point_name == "U000001":
                assert set(measured.values) == {Decimal(100)}
            energy[f"{measured.point_name} {measured.day:%m}"] += int(sum(measured.values))
    assert energy["U000001 01"] == 148_800
    assert [energy[f"SA01F001 {month}"] for month in ("01", "02", "03")] == [156_656, 141_720, 155_399]


def test_feeder_balances_are_those_of_the_page(folder: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for row in truth(folder, "feeder_losses.csv"):
        names = ("intake_kwh", "recorded_kwh", "stolen_kwh")
        losses = [float(row[name]) for name in ("no_load_loss_kwh", "load_loss_kwh", "line_loss_kwh")]
        cells = [f"{int(row[name]):,}" for name in names] + [f"{loss:,.3f}" for loss in losses]
        assert f"| {' | '.join(cells)} |" in page, row
        assert int(row["intake_kwh"]) == pytest.approx(int(row["true_use_kwh"]) + sum(losses), abs=0.51)


def test_losses_of_the_page_follow_from_the_network_files(folder: Path) -> None:
    # SA03F001 in January: one transformer point behind one section of line, 19,951 kWh behind it, 744 hours.
    (section,) = [row for row in text_rows(folder / "grid" / "LINES.CSV") if row["FIDER"] == "SA03F001"]
    point = next(row for row in text_rows(folder / "grid" / "TP.CSV") if row["KOD"] == section["UZEL2"])
    kva, no_load_kw, load_kw = (float(number(point[name])) for name in ("S_KVA", "P0_KW", "PK_KW"))
    no_load = no_load_kw * 744
    load = 1.64 * 19_951**2 / (kva**2 * 744) * load_kw
    at_end = 19_951 + no_load + load
    line = 1.64 * at_end**2 / (10_000**2 * 744) * float(number(section["R0"])) * float(section["DLINA_M"])
    assert [round(loss, 3) for loss in (no_load, load, line)] == [245.520, 172.849, 7.683]


def test_every_fault_of_the_page_is_planted_and_no_other(folder: Path) -> None:
    planted = set()
    for fault in truth(folder, "faults.csv"):
        assert fault["kind"] in {kind.code for kind in ALL_KINDS}
        parts = fault["file"].removesuffix(".DBF").split("/")
        planted.add((parts[-2] if parts[0] == "household" else "payments", parts[-1], int(fault["row"])))
    told = set()
    for place, name, rows in re.findall(
        r"^\| (SA\d\d|payments) (\w+) ([\d, ]+) \|", PAGE.read_text(encoding="utf-8"), re.M
    ):
        told |= {(place, name, int(row)) for row in rows.split(",")}
    assert planted == told


def test_both_habits_of_writing_account_numbers_occur(folder: Path) -> None:
    assert dbf_rows(folder / "household" / "SA01" / "POKAZ.DBF")[0]["RAH"] == "1/1"
    country = dbf_rows(folder / "household" / "SA03" / "POKAZ.DBF")[0]
    assert (country["BOOK"], country["CODE"]) == ("0001", "00001")
    assert dbf_rows(folder / "household" / "SA03" / "LICH.DBF")[0]["BOOK"] == "1"
