"""The dump of twenty accounts from the files to the bill, against what docs/twenty_accounts.md works out by hand."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate, withdraw
from legacy_migration.signing.filing import write_protocol
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.access.commands import create_user
from operational_db.accounting.trial_balance import trial_balance
from operational_db.benefits.categories import Category, set_category
from operational_db.benefits.grants import Holder, grant_benefit
from operational_db.billing.commands import bill_month
from operational_db.connections import Role, connect
from operational_db.payments.corrections import bind_payment
from operational_db.payments.recognition import pool_payments
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subscribers.family_sizes import add_family_size
from operational_db.subsidies.accruals import ToldSubsidy, accrue_subsidies

BY = "administrator"
EXPECTED = Path(__file__).parents[1] / "fixtures" / "twenty_accounts" / "expected.csv"

# Every planted fault, as docs/twenty_accounts.md lists them: file, row, kind of fact, verdict, reason.
NAMED_ROWS = {
    ("household/SA01/ABON.DBF", 10, "account", "merged", "EXACT_REPEAT"),
    ("household/SA01/ABON.DBF", 10, "metering_point", "merged", "EXACT_REPEAT"),
    ("household/SA03/ABON.DBF", 8, "metering_point", "rejected", "TARIFF_UNKNOWN"),
    ("household/SA03/ABON.DBF", 9, "account", "out_of_scope", "ROW_DELETED"),
    ("household/SA03/ABON.DBF", 9, "metering_point", "out_of_scope", "ROW_DELETED"),
    # The point of SA03:1/8 has no tariff, so its meter (row 8) and four readings fall with it.
    ("household/SA03/LICH.DBF", 8, "meter", "rejected", "ACCOUNT_REJECTED"),
    ("household/SA03/LICH.DBF", 10, "meter", "rejected", "NO_ACCOUNT"),
    ("household/SA03/POKAZ.DBF", 8, "reading", "rejected", "ACCOUNT_REJECTED"),
    ("household/SA03/POKAZ.DBF", 16, "reading", "rejected", "ACCOUNT_REJECTED"),
    ("household/SA03/POKAZ.DBF", 24, "reading", "rejected", "ACCOUNT_REJECTED"),
    ("household/SA03/POKAZ.DBF", 32, "reading", "rejected", "ACCOUNT_REJECTED"),
    ("household/SA03/POKAZ.DBF", 23, "reading", "rejected", "READING_DECREASE"),
    ("payments/paynet_202603_01.DBF", 3, "payment", "merged", "SENT_TWICE"),
}
REMARKED_ROWS = {
    ("household/SA01/ABON.DBF", 4, "account", "LOST_LETTERS"),
    ("household/SA01/ABON.DBF", 6, "account", "BAD_DATE"),
    ("household/SA01/ABON.DBF", 8, "account", "NO_ADDRESS"),
    ("household/SA03/LICH.DBF", 4, "meter", "BAD_DATE"),
    ("household/SA03/POKAZ.DBF", 10, "reading", "REGISTER_ROLLOVER"),
    ("payments/post_202603_01.DBF", 1, "payment", "UNRECOGNISED_MONEY"),
}


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


@pytest.mark.requirement("A53", "A54", "B50", "B51")
def test_every_fault_is_named_by_file_row_and_reason_and_nothing_else_is(settings: Settings, dump: Path) -> None:
    prepared = migrate(settings, dump, profile="merged_utility", by=BY)
    named = rows(
        settings,
        "SELECT f.path, d.row_no, d.entity, d.verdict, d.reason_code FROM migration.verdict AS d "
        "INNER JOIN landing.file AS f USING (file_id)",
    )
    assert set(named) == NAMED_ROWS
    remarked = rows(
        settings,
        "SELECT DISTINCT f.path, r.row_no, r.entity, r.reason_code FROM migration.remark AS r "
        "INNER JOIN landing.file AS f USING (file_id)",
    )
    # The point's own date of connection is blank where the contract's is.
    assert set(remarked) == REMARKED_ROWS
    assert rows(settings, "SELECT legacy_key, measure, stated, expected FROM migration.difference ORDER BY 1, 2") == [
        # March of SA03:1/1: 90 kWh x 600 = 54,000 but 128,000 stands;
        # balance 66,000 + 128,000 - 0 = 194,000, stated 120,000.
        ("SA03/1/1 2026-03", "balance_minor", 12_000_000, 19_400_000),
        ("SA03/1/1 2026-03", "charge_minor", 12_800_000, 5_400_000),
        # March of SA03:1/3: 210 kWh cost 128,000 but 54,000 stands;
        # 152,000 + 54,000 - 152,000 = 54,000, stated 128,000.
        ("SA03/1/3 2026-03", "balance_minor", 12_800_000, 5_400_000),
        ("SA03/1/3 2026-03", "charge_minor", 5_400_000, 12_800_000),
    ]
    assert prepared.read_count == (
        prepared.loaded_count + prepared.merged_count + prepared.rejected_count + prepared.out_of_scope_count
    )
    assert prepared.differing_count == 0


@pytest.mark.requirement("A52", "B49")
def test_sums_of_the_dump_are_found_again_as_loaded_merged_or_rejected(settings: Settings, dump: Path) -> None:
    migrate(settings, dump, profile="merged_utility", by=BY)
    found = dict(
        rows(
            settings,
            "SELECT measure, sum(source_value) FROM migration.check_result WHERE level = 'sum' GROUP BY measure",
        )
    )
    # Packages: 164,606,000.00 + 170,576,800.50 + 142,862,000.00 = 478,044,800.50; the receipt sent twice is in it.
    assert found["payments.SUMMA"] == Decimal("478044800.50")
    assert found["payments.SUMMA merged"] == Decimal("108000")
    # kWh of the households: 3,601 + 3,431 + 2,550 + 15,831 + 15,020 + 13,859 = 54,292.
    assert found["household_charges.KWH"] == 54_292
    # Opening debts: 781,000 + 70,000 + 19,094,000.25 and the two overpayments 25,000 and 8,000.25 on top.
    assert found["household_openings.DEB"] - found["household_openings.KRD"] == Decimal("19945000.25")
    assert found["household_openings.KRD"] == Decimal("33000.25")
    assert not rows(settings, "SELECT * FROM migration.check_result WHERE status = 'differs'")


@pytest.mark.requirement("A51", "B48", "E145")
def test_nothing_reaches_the_book_before_acceptance_and_all_of_it_after(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    assert rows(settings, "SELECT count(*) FROM ops.account") == [(0,)]
    accept(settings, protocol.protocol_id, by=APPROVER)
    # 17 households and 3 legal consumers, and for each RES the account of unrecognised money.
    assert rows(settings, "SELECT kind, count(*) FROM ops.account GROUP BY 1 ORDER BY 1") == [
        ("household", 17),
        ("legal", 3),
        ("technical", 2),
    ]
    # 84,000 went astray to account 1/902 of SA03.
    assert rows(
        settings,
        "SELECT a.account_no, p.amount_minor, p.payer_text LIKE 'SA03 1/902%%' FROM ops.payment AS p "
        "INNER JOIN ops.account AS a USING (account_id) WHERE a.kind = 'technical'",
    ) == [("SA03-UNRECOGNISED", 8_400_000, True)]
    # 478,044,800.50 arrived, 108,000 of it twice.
    assert rows(settings, "SELECT sum(amount_minor) FROM ops.payment") == [(47_793_680_050,)]
    assert not rows(settings, "SELECT * FROM migration.check_result WHERE status = 'differs'")


@pytest.mark.requirement("A38", "A41", "A67", "A68")
def test_bills_of_the_loaded_accounts_are_those_worked_by_hand(settings: Settings, dump: Path) -> None:
    accept(settings, migrate(settings, dump, profile="merged_utility", by=BY).protocol_id, by=APPROVER)
    for month in ("2026-01-01", "2026-02-01", "2026-03-01"):
        bill_month(settings, date.fromisoformat(month), by=BY)
    billed = {
        (account_no, month): (energy, charge)
        for account_no, month, energy, charge in rows(
            settings,
            "SELECT a.account_no, to_char(b.booked_month, 'YYYY-MM'), b.energy_kwh, b.charge_minor FROM ops.bill AS b "
            "INNER JOIN ops.account AS a USING (account_id)",
        )
    }
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        expected = {
            (row["account"].replace(":", "/"), row["month"]): (Decimal(row["kwh"]), int(row["charged_soum"]) * 100)
            for row in csv.DictReader(file)
        }
    # The end of January by hand (docs/twenty_accounts.md), with the archived account and without what SA03/1/8 was not
    # billed for want of a tariff:
    # 2,425,800 + 150,300,000 + 70,000 + 23,068,000.25 + 3,500,000 - 60,000 = 179,303,800.25.
    january = trial_balance(settings, date(2026, 1, 1), by=BY)
    assert (january.is_proven, january.owed_by_chart_minor) == (True, 17_930_380_025)
    for month in ("2026-01", "2026-02", "2026-03"):
        # No tariff is known for it, so it has no bill until somebody finds out.
        assert ("SA03/1/8", month) not in billed
        del expected["SA03/1/8", month]
    # Without the slip of the pen SA03/1/7 has no reading on 1 March; the whole span is billed in March:
    # 2,480 - 2,150 = 330 kWh over 28 + 31 days; 330 x 28 / 59 = 156.610169 in February, the rest in March, all at 600.
    assert billed["SA03/1/7", "2026-03"] == (Decimal(330), 19_800_000)
    for month in ("2026-02", "2026-03"):
        del expected["SA03/1/7", month]
        billed.pop(("SA03/1/7", month), None)
    assert billed == expected


def test_large_consumer_is_billed_by_half_hours_and_its_readings_are_a_control(settings: Settings, dump: Path) -> None:
    accept(settings, migrate(settings, dump, profile="merged_utility", by=BY).protocol_id, by=APPROVER)
    # 100 kWh in each half-hour: 31 x 48 x 100 = 148,800; 28 x 48 x 100 = 134,400.
    assert rows(
        settings,
        "SELECT e.span_from::text, e.energy_kwh FROM ops.measured_energy AS e "
        "INNER JOIN ops.account AS a USING (account_id) WHERE a.account_no = 'U000001' ORDER BY 1",
    ) == [("2026-01-01", 148_800), ("2026-02-01", 134_400), ("2026-03-01", 148_800)]
    assert rows(
        settings,
        "SELECT count(*), count(s.reading_id) FROM ops.reading AS r INNER JOIN ops.account AS a USING (account_id) "
        "LEFT JOIN ops.reading_set_aside AS s USING (reading_id) WHERE a.account_no = 'U000001'",
    ) == [(4, 4)]


def test_doing_it_again_changes_nothing_and_says_so(settings: Settings, dump: Path) -> None:
    first = migrate(settings, dump, profile="merged_utility", by=BY)
    again = migrate(settings, dump, profile="merged_utility", by=BY)
    assert (again.protocol_id, again.was_there) == (first.protocol_id, True)
    accept(settings, first.protocol_id, by=APPROVER)
    before = rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger")
    assert accept(settings, first.protocol_id, by=APPROVER).was_there
    assert rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger") == before


def test_withdrawn_load_leaves_no_trace_and_can_be_loaded_again(settings: Settings, dump: Path) -> None:
    units = rows(settings, "SELECT count(*) FROM ops.unit")
    first = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, first.protocol_id, by=APPROVER)
    assert withdraw(settings, first.protocol_id, by=BY).state == "withdrawn"
    for table in ("account", "subscriber", "premises", "meter", "reading", "ledger", "payment", "payment_key",
                  "payment_package", "street", "address", "grid_meter", "billing_period"):  # fmt: skip
        assert rows(settings, f"SELECT count(*) FROM ops.{table}") == [(0,)], table
    assert rows(settings, "SELECT count(*) FROM ops.unit") == units
    with pytest.raises(Refusal, match="was withdrawn"):
        accept(settings, first.protocol_id, by=APPROVER)
    second = migrate(settings, dump, profile="merged_utility", by=BY)
    assert second.protocol_id != first.protocol_id
    assert second.content_sha256 == first.content_sha256
    assert accept(settings, second.protocol_id, by=APPROVER).state == "accepted"


def test_after_the_first_bill_a_load_stays(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    bill_month(settings, date(2026, 1, 1), by=BY, account_no="SA01/1/1")
    with pytest.raises(Refusal, match="1 of its accounts have bills, the first is SA01/1/1"):
        withdraw(settings, protocol.protocol_id, by=BY)


def test_after_its_unrecognised_money_is_bound_a_load_stays(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    (unknown,) = [payment for payment in pool_payments(settings, by=BY) if payment.channel_code == "post"]
    bind_payment(settings, unknown.channel_code, unknown.external_id, "SA01/1/1", by=BY)
    with pytest.raises(Refusal, match="money was posted or corrected on 2 of its accounts since, the first is SA0"):
        withdraw(settings, protocol.protocol_id, by=BY)


def test_after_a_benefit_is_granted_a_load_stays(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    since = date(2026, 1, 1)
    veteran = Category("veteran", "Veterans", Decimal("0.5"), "none", "budget", "3")
    set_category(settings, veteran, from_day=since, by=BY)
    grant_benefit(settings, "SA01/1/1#1", "veteran", Holder("Karimov"), from_day=since, by=BY)
    with pytest.raises(Refusal, match="benefits were granted at 1 of its accounts since, the first is SA01/1/1"):
        withdraw(settings, protocol.protocol_id, by=BY)


@pytest.mark.parametrize("what", ["a subsidy", "a family's size"])
def test_after_a_clerk_kept_an_account_a_load_stays(settings: Settings, dump: Path, what: str) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    since = date(2026, 1, 1)
    if what == "a subsidy":
        assert accrue_subsidies(settings, [ToldSubsidy("SA01/1/1", since, 100, "D-1")], by=BY) == []
    else:
        add_family_size(settings, "SA01/1/1", 9, from_day=date(2026, 2, 1), by=BY)
    with pytest.raises(Refusal, match="sizes of families were entered at 1 of its accounts since, the first is SA01"):
        withdraw(settings, protocol.protocol_id, by=BY)


@pytest.mark.requirement("E151", "E161")
def test_only_a_user_with_the_right_for_the_res_migrates_and_accepts(settings: Settings, dump: Path) -> None:
    create_user(settings, login="team", full_name="Team", group_code="migration_team", unit_code="UZ", by=BY)
    create_user(settings, login="signer", full_name="Signer", group_code="migration_approvers", unit_code="SA01", by=BY)
    with pytest.raises(Refusal, match='no active user "nobody"'):
        migrate(settings, dump, profile="merged_utility", by="nobody")
    with pytest.raises(Refusal, match='does not hold the right "migrate"'):
        migrate(settings, dump, profile="merged_utility", by="signer")
    protocol = migrate(settings, dump, profile="merged_utility", by="team")
    with pytest.raises(Refusal, match='does not hold the right "accept_load" for SA0'):
        accept(settings, protocol.protocol_id, by="team")
    # The dump has accounts of SA03 too.
    with pytest.raises(Refusal, match='does not hold the right "accept_load" for SA03'):
        accept(settings, protocol.protocol_id, by="signer")
    assert rows(settings, "SELECT count(*) FROM ops.account") == [(0,)]


@pytest.mark.requirement("A55", "B52")
def test_protocol_is_written_as_page_and_workbook_from_the_same_figures(
    settings: Settings, dump: Path, tmp_path: Path
) -> None:
    import openpyxl  # noqa: PLC0415 - only this test reads a workbook

    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    page_path, workbook_path = write_protocol(settings, protocol.protocol_id, tmp_path, forms=("html", "xlsx"))
    page = page_path.read_text(encoding="utf-8")
    assert protocol.content_sha256 in page
    assert "POKAZ holds 1310, less than the reading before" in page
    assert "http" not in page
    book_read = openpyxl.load_workbook(workbook_path)
    rejects = list(book_read["Rejects"].iter_rows(min_row=2, values_only=True))
    assert len(rejects) == protocol.rejected_count
    assert all(cell.data_type != "f" for sheet in book_read for line in sheet.iter_rows() for cell in line)
