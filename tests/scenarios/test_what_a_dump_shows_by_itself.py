"""Figures that contradict each other inside a dump are named with what is behind them: two that were swapped by both
old keys, a sign, a power of ten, a month that is not its own, children without parents and parents without children."""

import shutil
from pathlib import Path

import pytest

from legacy_migration.commands import migrate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.settings import Settings
from tests.legacy_tables import LegacyTable

BY = "administrator"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.fixture
def dump(honest: Path, tmp_path: Path) -> Path:
    shutil.copytree(honest, tmp_path / "dump")
    return tmp_path / "dump"


def differences(settings: Settings, dump: Path, account: str) -> list[tuple]:
    migrate(settings, dump, profile="merged_utility", by=BY)
    with connect(settings, Role.LOADER) as session:
        return session.execute(
            "SELECT check_code, legacy_key, cause, other_key, amount_minor, energy_kwh FROM migration.difference "
            "WHERE legacy_key LIKE %s ORDER BY 1, 2",
            [account + " %"],
        ).fetchall()


@pytest.mark.requirement("A53", "A54", "B50", "B51")
def test_swapped_charges_are_named_as_a_pair_with_what_is_at_stake(settings: Settings, dump: Path) -> None:
    # The dump itself exchanges the March charges of SA03/1/1 (54,000) and SA03/1/3 (128,000): 74,000 too much and too
    # little; the balances then do not follow, 120,000 and 194,000 against each other.
    found = differences(settings, dump, "SA03/1/1")
    assert found[1] == ("CHARGE_MISMATCH", "SA03/1/1 2026-03", "swapped", "SA03/1/3 2026-03", 7_400_000, 90)
    assert differences(settings, dump, "SA03/1/3")[1][:4] == (
        "CHARGE_MISMATCH", "SA03/1/3 2026-03", "swapped", "SA03/1/1 2026-03",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("charge", "cause", "stake"),
    [
        # February of SA01/1/1: 150 kWh x 600 = 90,000. Less 90,000 too little by 180,000.
        ("-90000.00", "sign", 18_000_000),
        # In thousands: 90.
        ("90.00", "scale", 8_991_000),
        ("9000000.00", "scale", 891_000_000),
    ],
)
def test_a_wrong_sign_and_a_wrong_unit_are_told_as_such(
    settings: Settings, dump: Path, charge: str, cause: str, stake: int
) -> None:
    charges = LegacyTable(dump / "household/SA01/NARAH.DBF")
    charges.put(charges.find(RAH="1/1", MES="202602"), SUMA=charge)
    charges.save()
    found = {row[0]: row for row in differences(settings, dump, "SA01/1/1")}
    assert found["CHARGE_MISMATCH"][1:] == ("SA01/1/1 2026-02", cause, None, stake, 150)


def test_charges_of_another_month_are_told_as_such(settings: Settings, dump: Path) -> None:
    # SA01/1/3: 240,000, 200,000, 160,000 become 200,000, 160,000, 160,000: each month has the next one's.
    charges = LegacyTable(dump / "household/SA01/NARAH.DBF")
    for month, charge in (("202601", "200000.00"), ("202602", "160000.00")):
        charges.put(charges.find(RAH="1/3", MES=month), SUMA=charge)
    charges.save()
    found = {row[1]: row for row in differences(settings, dump, "SA01/1/3") if row[0] == "CHARGE_MISMATCH"}
    # 240,000 - 200,000 = 40,000; February's own 200,000 is what January states.
    assert found["SA01/1/3 2026-01"][2:5] == ("month_shift", "SA01/1/3 2026-02", 4_000_000)


def test_kwh_that_the_registers_did_not_count_are_named(settings: Settings, dump: Path) -> None:
    # SA01/1/1 counted 200 in January, SA01/1/2 counted 201: exchanged, with the charges that belong to them.
    charges = LegacyTable(dump / "household/SA01/NARAH.DBF")
    first, second = charges.find(RAH="1/1", MES="202601"), charges.find(RAH="1/2", MES="202601")
    charges.put(first, KWH="201", SUMA="120800.00")
    charges.put(second, KWH="200", SUMA="120000.00")
    charges.save()
    found = {row[0]: row for row in differences(settings, dump, "SA01/1/1")}
    assert found["ENERGY_MISMATCH"] == ("ENERGY_MISMATCH", "SA01/1/1 2026-01", "swapped", "SA01/1/2 2026-01", 0, 1)
    assert "CHARGE_MISMATCH" not in found


def test_payments_that_changed_owners_are_named_though_every_total_agrees(settings: Settings, dump: Path) -> None:
    # 110,000 of SA01/1/1 and 96,000 of SA01/1/2, both of January.
    payments = LegacyTable(dump / "payments/paynet_202601_01.DBF", "cp1251")
    payments.put(1, SUMMA="96000.00")
    payments.put(2, SUMMA="110000.00")
    payments.save()
    assert differences(settings, dump, "SA01/1/1") == [
        ("PAID_MISMATCH", "SA01/1/1 2026-01", "swapped", "SA01/1/2 2026-01", 1_400_000, 0)
    ]


@pytest.mark.requirement("A53", "B50")
def test_parents_without_children_and_children_without_parents_are_counted_and_named(
    settings: Settings, dump: Path
) -> None:
    meters = LegacyTable(dump / "household/SA01/LICH.DBF")
    del meters.rows[meters.find(RAH="1/1") - 1]
    meters.save()
    readings = LegacyTable(dump / "household/SA01/POKAZ.DBF")
    readings.rows = [
        row for no, row in enumerate(readings.rows, start=1) if readings.text(no, "RAH") != "1/2"
    ]  # fmt: skip
    readings.save()
    packages = dump / "payments/PACKAGES.CSV"
    packages.write_bytes(packages.read_bytes().rstrip() + b"\r\nP000099;paynet;lost.DBF;28.03.2026;2;500000,00\r\n")
    migrate(settings, dump, profile="merged_utility", by=BY)
    with connect(settings, Role.LOADER) as session:
        named = session.execute(
            "SELECT r.reason_code, r.legacy_key, r.amount_minor FROM migration.remark AS r "
            "WHERE r.reason_code IN ('NO_POINT', 'NO_METER_OF_POINT', 'NO_READING', 'NO_PAYMENT') ORDER BY 1"
        ).fetchall()
        counted = dict(
            session.execute(
                "SELECT entity || ' ' || measure, source_value::int FROM migration.check_result "
                "WHERE measure LIKE 'without%' AND source_value > 0"
            ).fetchall()
        )
    assert named == [
        ("NO_METER_OF_POINT", "SA01/1/1", 0),
        ("NO_PAYMENT", "P000099", 50_000_000),
        ("NO_READING", "SA01/1/2 101002", 0),
    ]
    # Four readings of SA01/1/1 have lost their meter; SA03/1/901 has a meter and no account; 1/902 has paid.
    assert counted == {
        "reading without a meter": 4, "meter without a metering point": 1, "payment without an account": 1,
        "metering_point without a meter": 1, "meter without a reading": 1, "payment_package without a payment": 1,
    }  # fmt: skip


@pytest.mark.requirement("A54", "B51")
def test_figures_that_can_hardly_be_are_ranked_by_what_is_at_stake(settings: Settings, dump: Path) -> None:
    legal = dump / "legal/LEGAL.CSV"
    told = legal.read_text(encoding="cp1251")
    # U000002 used 1,500 kWh in January, and 2 kW draw 2 x 24 x 31 = 1,488 at most;
    # in February 1,400, and at most 2 x 672 = 1,344.
    head = told.splitlines()[0].split(";")
    kva = head.index("KVA")
    lines = [line.split(";") for line in told.splitlines()]
    for cells in lines:
        if "U000002" in cells:
            cells[kva] = "2"
    legal.write_text("\r\n".join(";".join(cells) for cells in lines) + "\r\n", encoding="cp1251")
    # SA03/1/5 was charged 48,000, 42,000 and 36,000, on average 42,000 a month; 240 of them are 10,080,000.
    openings = LegacyTable(dump / "household/SA03/SALDO.DBF")
    openings.put(openings.find(CODE="5"), DEB="90000000.00")
    openings.save()
    # SA03/1/5 shows 19,150 instead of 9,210 at last: 10,000 kWh in March, where 80 and 70 were used before.
    readings = LegacyTable(dump / "household/SA03/POKAZ.DBF")
    last = readings.find(BOOK="0001", CODE="00005", DATA="20260401")
    readings.put(last, POKAZ="19150")
    readings.save()
    migrate(settings, dump, profile="merged_utility", by=BY)
    with connect(settings, Role.LOADER) as session:
        found = session.execute(
            "SELECT r.reason_code, r.legacy_key, r.energy_kwh, r.amount_minor FROM migration.remark AS r WHERE "
            "r.reason_code IN ('BEYOND_CONNECTED_LOAD', 'UNLIKE_OWN_HISTORY', 'BALANCE_OUT_OF_LINE', 'UNLIKE_PEERS') "
            "ORDER BY r.remark_id"
        ).fetchall()
    assert [(reason, key.split(" ")[0]) for reason, key, *_ in found] == [
        ("BALANCE_OUT_OF_LINE", "SA03/1/5"),
        ("UNLIKE_OWN_HISTORY", "SA03/1/5"),
        ("BEYOND_CONNECTED_LOAD", "U000002"),
        ("BEYOND_CONNECTED_LOAD", "U000002"),
    ]
    # 90,000,000 - 10,080,000 = 79,920,000 soums.
    assert found[0][3] == 7_992_000_000
    # Usual are 80 in 31 days: 10,000 - 80 = 9,920 kWh, at 126,000 / 210 = 600.
    assert found[1][2:] == (9_920, 595_200_000)
    # 1,400 - 1,344 = 56 kWh at 1,000; 1,500 - 1,488 = 12 kWh at 1,000.
    assert [row[2:] for row in found[2:]] == [(56, 5_600_000), (12, 1_200_000)]
