"""A migration team reads in the protocol what only other rows of the dump show: a wrong tariff, a row that is missing,
an address in one cell, money below zero. Each in a file of the dump, written as a clerk or a program would."""

from pathlib import Path

import psycopg
import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.fault_injection.dump_tables import DumpTable, Row
from legacy_migration.synthetic_utility.generation import generate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.settings import Settings

BY = "administrator"


def named(settings: Settings, dump: Path, reason: str) -> list[tuple[str, str]]:
    """Old key and sentence of whatever was named for a reason."""
    migrate(settings, dump, profile="merged_utility", by=BY)
    with connect(settings, Role.LOADER) as session:
        return session.execute(
            "SELECT d.legacy_key, d.sentence FROM migration.difference AS d WHERE d.check_code = %(reason)s "
            "UNION ALL SELECT r.legacy_key, r.sentence FROM migration.remark AS r WHERE r.reason_code = %(reason)s",
            {"reason": reason},
        ).fetchall()


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    twenty_accounts(tmp_path / "dump")
    return tmp_path / "dump"


def change(dump: Path, name: str, where: dict[str, str], encoding: str = "cp866", **cells: str) -> None:
    table = DumpTable(dump, name, encoding)
    table.put(_row(table, where), **cells)
    table.save()


def _row(table: DumpTable, where: dict[str, str]) -> Row:
    return next(row for row in table.rows if where.items() <= row.items())


@pytest.mark.requirement("A54", "B50")
def test_a_tariff_that_no_charge_follows_is_named_with_the_tariff_of_the_charges(
    settings: Settings, dump: Path
) -> None:
    # SA01/1/1 was charged 200 x 600 = 120,000 in January and 150 x 600 = 90,000 in February: the ordinary tariff. With
    # an electric stove it would have been half of that, and its row says so.
    change(dump, "household/SA01/ABON.DBF", {"RAH": "1/1"}, TAR="2")
    ((key, sentence),) = named(settings, dump, "TARIFF_OF_CHARGES")
    assert key == "SA01/1/1"
    assert sentence == (
        "household/SA01/ABON.DBF, row 1: account SA01/1/1 has the tariff uz.household_estove, "
        "but all its 3 charges are those of uz.household; find out which is right."
    )


def test_one_wrong_charge_does_not_make_a_tariff_wrong(settings: Settings, dump: Path) -> None:
    # 100,000 in January is no charge of any tariff; February and March agree with the one that is told.
    change(dump, "household/SA01/NARAH.DBF", {"RAH": "1/1", "MES": "202601"}, SUMA="100000.00")
    assert named(settings, dump, "TARIFF_OF_CHARGES") == []


def test_house_and_flat_in_one_cell_are_named(settings: Settings, dump: Path) -> None:
    change(dump, "household/SA01/ABON.DBF", {"RAH": "1/1"}, HOUSE="0", FLAT="12-7")
    assert [key for key, _ in named(settings, dump, "GLUED_ADDRESS")] == ["SA01/1/1"]


@pytest.mark.parametrize(("house", "flat"), [("12", "7"), ("12", "7/1"), ("0", "7"), ("0", "")])
def test_an_address_that_is_told_in_two_cells_is_not(settings: Settings, dump: Path, house: str, flat: str) -> None:
    change(dump, "household/SA01/ABON.DBF", {"RAH": "1/1"}, HOUSE=house, FLAT=flat)
    assert named(settings, dump, "GLUED_ADDRESS") == []


def test_money_below_zero_is_named_by_its_receipt_and_loaded_as_money_given_back(
    settings: Settings, database: psycopg.Connection, dump: Path
) -> None:
    # The first receipt of the register: 110,000 of SA01/1/1.
    change(dump, "payments/paynet_202601_01.DBF", {"SUMMA": "110000.00"}, "cp1251", SUMMA="-110000.00")
    ((_, sentence),) = named(settings, dump, "NEGATIVE_PAYMENT")
    assert sentence.startswith("payments/paynet_202601_01.DBF, row 1 (")
    assert "SUMMA is -110000.00, below zero" in sentence
    with connect(settings, Role.LOADER) as session:
        (protocol_id,) = session.execute("SELECT protocol_id FROM migration.protocol").fetchone()
    accept(settings, protocol_id, by="approver")
    posted = database.execute(
        "SELECT p.amount_minor FROM ops.payment AS p INNER JOIN ops.account AS a USING (account_id) "
        "WHERE a.account_no = 'SA01/1/1' AND p.amount_minor < 0"
    ).fetchall()
    assert posted == [(-11_000_000,)]


@pytest.mark.requirement("A53", "B50")
def test_rows_that_nearly_all_others_have_are_named_by_account_and_day(settings: Settings, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    generate(300, 3, 1, dump, with_faults=False)
    folder = min((dump / "household").iterdir())
    charges = DumpTable(dump, f"household/{folder.name}/NARAH.DBF", "cp866")
    readings = DumpTable(dump, f"household/{folder.name}/POKAZ.DBF", "cp866")
    # The last month of one account, and the first of February of another one's register.
    charge = next(row for row in charges.rows if row["MES"] == "202603")
    reading = next(row for row in readings.rows if row["DATA"] == "20260201" and row["RAH"] != charge["RAH"])
    charges.remove(charge)
    readings.remove(reading)
    charges.save()
    readings.save()
    assert [key for key, _ in named(settings, dump, "LOST_CHARGE")] == [f"{folder.name}/{charge['RAH']} 2026-03"]
    assert [key for key, _ in named(settings, dump, "LOST_READING")] == [
        f"{folder.name}/{reading['RAH']} {reading['NOMER']} 2026-02-01"
    ]
