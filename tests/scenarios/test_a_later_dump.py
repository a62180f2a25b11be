"""The old program goes on while its first dump is in the book: the next dump loads as differences."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate, withdraw
from legacy_migration.reconciliation.comparing import compare_load
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.billing.commands import bill_month
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.legacy_tables import LegacyTable

BY = "administrator"
APPROVER = "approver"


@pytest.fixture(scope="module")
def day_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "day_one")


@pytest.fixture(scope="module")
def day_two(day_one: Path) -> Path:
    """Two payments of April, a new account, a reading put right that was loaded and one that was not, a lost row."""
    later = day_one.parent / "day_two"
    shutil.copytree(day_one, later)
    accounts = LegacyTable(later / "household/SA01/ABON.DBF")
    accounts.copy(1, RAH="1/10", FIO="Юсупова Малика Саидовна", FLAT="10", PASP="AA1010100", PINFL="30101010101010")
    accounts.save()
    meters = LegacyTable(later / "household/SA01/LICH.DBF")
    meters.copy(1, RAH="1/10", NOMER="101010", DUST="20260301")
    meters.save()
    readings = LegacyTable(later / "household/SA01/POKAZ.DBF")
    # 500 on 1 March, 590 on 1 April.
    readings.copy(1, RAH="1/10", NOMER="101010", DATA="20260301", POKAZ="500")
    march = readings.find(RAH="1/1", DATA="20260401")
    readings.copy(march, RAH="1/10", NOMER="101010", POKAZ="590")
    # The empty home's 3,333 of 1 March is not there any more.
    del readings.rows[readings.find(RAH="1/8", DATA="20260301") - 1]
    readings.save()
    country = LegacyTable(later / "household/SA03/POKAZ.DBF")
    # 15,000 + 120 = 15,120 on 1 February was loaded; now they say 15,130.
    country.put(country.find(BOOK="0001", CODE="00001", DATA="20260201"), POKAZ="15130")
    # The slip of the pen 1,310, which was rejected, is put right: 2,310.
    country.put(country.find(BOOK="0001", CODE="00007", DATA="20260301"), POKAZ="2310")
    country.save()
    april = later / "payments/paynet_202604_01.DBF"
    shutil.copy(later / "payments/paynet_202603_01.DBF", april)
    payments = LegacyTable(april, "cp1251")
    del payments.rows[2:]
    payments.put(1, OS_RAH_B="SA01", OS_RAH_N="1/1", PAYDATE="20260403", SUMMA="60000.00", OPERATOR="0001-0000000901")
    payments.put(2, OS_RAH_B="SA03", OS_RAH_N="1/3", PAYDATE="20260404", SUMMA="128000.00", OPERATOR="0001-0000000902")
    payments.save()
    packages = later / "payments/PACKAGES.CSV"
    # 60,000 + 128,000 = 188,000.
    packages.write_bytes(
        packages.read_bytes().rstrip() + b"\r\nP000099;paynet;paynet_202604_01.DBF;28.04.2026;2;188000,00\r\n"
    )
    return later


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


@pytest.fixture
def both(settings: Settings, day_one: Path, day_two: Path) -> tuple[int, int]:
    """The first dump is in the book, the second is judged."""
    first = migrate(settings, day_one, profile="merged_utility", by=BY)
    accept(settings, first.protocol_id, by=APPROVER)
    return first.protocol_id, migrate(settings, day_two, profile="merged_utility", by=BY).protocol_id


NEW_OF_SECOND = (
    "FROM migration.{entity} AS t INNER JOIN migration.protocol AS p ON p.load_id = t.load_id WHERE p.protocol_id = %s "
    "AND NOT EXISTS (SELECT 1 FROM migration.verdict AS d WHERE d.load_id = t.load_id AND d.entity = '{entity}' "
    "AND d.file_id = t.file_id AND d.row_no = t.row_no AND d.part_no = t.part_no)"
)


@pytest.mark.requirement("A52", "A54", "B49", "B51")
def test_every_row_is_unchanged_new_changed_or_gone(settings: Settings, both: tuple[int, int]) -> None:
    _, second = both

    def new(entity: str, fields: str) -> list[tuple]:
        return rows(settings, f"SELECT {fields} {NEW_OF_SECOND.format(entity=entity)} ORDER BY 1, 2", second)

    assert new("account", "t.account_no, t.full_name") == [("SA01/1/10", "Юсупова Малика Саидовна")]
    assert new("reading", "t.point_code, t.value_kwh::int") == [
        ("SA01/1/10", 500), ("SA01/1/10", 590), ("SA03/1/7", 2310),
    ]  # fmt: skip
    assert new("payment", "t.account_no, t.amount_minor") == [("SA01/1/1", 6_000_000), ("SA03/1/3", 12_800_000)]
    assert new("payment_package", "t.package_no, t.declared_minor") == [("P000099", 18_800_000)]
    assert new("opening_balance", "t.account_no, t.year_of_origin") == []
    # 15,120 was loaded; it stays, and the sentence says by which command it can be changed.
    ((reason, key, value, sentence),) = rows(
        settings,
        "SELECT d.reason_code, d.legacy_key, d.value, d.sentence FROM migration.verdict AS d INNER JOIN "
        "migration.protocol AS p USING (load_id) WHERE p.protocol_id = %s AND d.reason_code = 'CHANGED_SINCE_LOAD'",
        second,
    )
    assert (reason, key, value) == ("CHANGED_SINCE_LOAD", "SA03/1/1 103001 2026-02-01", "15130.000000")
    assert "value_kwh was 15120.000000 and is now 15130.000000" in sentence
    assert "wattbook readings cancel" in sentence
    assert rows(
        settings,
        "SELECT d.check_code, d.legacy_key, d.measure, d.stated, d.expected FROM migration.difference AS d INNER JOIN "
        "migration.protocol AS p USING (load_id) WHERE p.protocol_id = %s AND d.check_code LIKE '%%SINCE_LOAD' "
        "ORDER BY 1",
        second,
    ) == [
        ("CHANGED_SINCE_LOAD", "SA03/1/1 103001 2026-02-01", "reading.value_kwh", 15_130, 15_120),
        ("GONE_SINCE_LOAD", "SA01/1/8 101008 2026-03-01", "reading", None, None),
    ]
    # Merged rows point to the file and row that brought them.
    assert rows(
        settings,
        "SELECT f.path, d.row_no, k.path, d.other_row_no FROM migration.verdict AS d "
        "INNER JOIN migration.protocol AS p USING (load_id) INNER JOIN landing.file AS f ON f.file_id = d.file_id "
        "INNER JOIN landing.file AS k ON k.file_id = d.other_file_id WHERE p.protocol_id = %s AND d.entity = 'account' "
        "AND d.reason_code = 'ALREADY_LOADED' AND d.legacy_key = 'SA03/1/3' AND k.load_id <> f.load_id",
        second,
    ) == [("household/SA03/ABON.DBF", 3, "household/SA03/ABON.DBF", 3)]


@pytest.mark.requirement("A51", "B48")
def test_publishing_adds_the_new_alone(settings: Settings, both: tuple[int, int]) -> None:
    first, second = both
    book = "SELECT (SELECT count(*) FROM ops.{0})"
    before = {
        table: rows(settings, book.format(table))[0][0]
        for table in (
            "account",
            "subscriber",
            "metering_point",
            "meter",
            "reading",
            "payment",
            "ledger",
            "street",
            "unit",
        )
    }
    accept(settings, second, by=APPROVER)
    after = {table: rows(settings, book.format(table))[0][0] for table in before}
    assert {table: after[table] - before[table] for table in before} == {
        "account": 1, "subscriber": 1, "metering_point": 1, "meter": 1, "reading": 3, "payment": 2, "ledger": 2,
        "street": 0, "unit": 0,
    }  # fmt: skip
    # Both loads are what they brought; nothing was rewritten.
    assert compare_load(settings, first, by=BY).is_equal
    assert compare_load(settings, second, by=BY).is_equal
    for month in ("2026-01-01", "2026-02-01", "2026-03-01"):
        bill_month(settings, date.fromisoformat(month), by=BY)
    bills = dict(
        rows(
            settings,
            "SELECT a.account_no || to_char(b.booked_month, ' YYYY-MM'), b.charge_minor FROM ops.bill AS b "
            "INNER JOIN ops.account AS a USING (account_id) WHERE a.account_no IN ('SA01/1/10', 'SA03/1/1', "
            "'SA03/1/7')",
        )
    )
    # 590 - 500 = 90 kWh x 600 = 54,000.
    assert bills["SA01/1/10 2026-03"] == 5_400_000
    # 2,310 - 2,150 = 160 x 600 = 96,000 in February and 2,480 - 2,310 = 170 x 600 = 102,000 in March.
    assert (bills["SA03/1/7 2026-02"], bills["SA03/1/7 2026-03"]) == (9_600_000, 10_200_000)
    # The book keeps 15,120: 120 x 600 = 72,000.
    assert bills["SA03/1/1 2026-01"] == 7_200_000


@pytest.mark.requirement("A55", "B52")
def test_the_same_input_again_changes_nothing(settings: Settings, both: tuple[int, int], day_two: Path) -> None:
    _, second = both
    accept(settings, second, by=APPROVER)
    counted = rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger")
    again = migrate(settings, day_two, profile="merged_utility", by=BY)
    assert (again.protocol_id, again.was_there) == (second, True)
    accept(settings, again.protocol_id, by=APPROVER)
    assert rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger") == counted


def test_loads_are_withdrawn_in_the_order_in_which_they_rest_on_each_other(
    settings: Settings, both: tuple[int, int], day_two: Path
) -> None:
    first, second = both
    accept(settings, second, by=APPROVER)
    with pytest.raises(Refusal, match=f"a later dump added to its accounts, .*withdraw protocol {second} first"):
        withdraw(settings, first, by=BY)
    withdraw(settings, second, by=BY)
    assert compare_load(settings, first, by=BY).is_equal
    withdraw(settings, first, by=BY)
    assert rows(settings, "SELECT count(*) FROM ops.account") == [(0,)]
    # Alone in the book, the second dump is a first one.
    alone = migrate(settings, day_two, profile="merged_utility", by=BY)
    assert alone.earlier_loads == []
    accept(settings, alone.protocol_id, by=APPROVER)
    # 20 accounts and the new one; SA03/1/8 is an account without a point. Two technical accounts beside.
    assert rows(settings, "SELECT count(*) FROM ops.account WHERE kind <> 'technical'") == [(21,)]


def test_a_protocol_that_was_overtaken_is_judged_anew(settings: Settings, day_one: Path, day_two: Path) -> None:
    early = migrate(settings, day_two, profile="merged_utility", by=BY)
    accept(settings, migrate(settings, day_one, profile="merged_utility", by=BY).protocol_id, by=APPROVER)
    with pytest.raises(Refusal, match="migrate the dump again"):
        accept(settings, early.protocol_id, by=APPROVER)
    anew = migrate(settings, day_two, profile="merged_utility", by=BY)
    assert anew.protocol_id != early.protocol_id
    assert accept(settings, anew.protocol_id, by=APPROVER).state == "accepted"


def test_after_a_bill_on_what_it_added_a_later_load_stays(settings: Settings, both: tuple[int, int]) -> None:
    _, second = both
    accept(settings, second, by=APPROVER)
    for month in ("2026-01-01", "2026-02-01"):
        bill_month(settings, date.fromisoformat(month), by=BY, account_no="SA03/1/7")
    with pytest.raises(Refusal, match="1 accounts to which it added rows have bills, the first is SA03/1/7"):
        withdraw(settings, second, by=BY)
