"""A consumer paid more than he owed: the credit is unwound into the energy that it pays for, with its price."""

from datetime import date

import psycopg
import pytest

from dashboards.bills.statement import what_happened
from dashboards.bills.words import BillWords
from operational_db.access.commands import create_user
from operational_db.accounting.reconciliation import reconcile_account
from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.unwinding import prepaid_energy, unwind_credits
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.penalty_desk import PenaltyDesk
from tests.small_book import ADMINISTRATOR, SmallBook

APRIL, MAY, JUNE = date(2025, 4, 1), date(2025, 5, 1), date(2025, 6, 1)
KARIMOV = "SA01/1/1"
SOUM = 100


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> PenaltyDesk:
    book = SmallBook(settings, first_month=APRIL, res_codes=("SA01", "SA02"))
    book.open(MAY)
    desk = PenaltyDesk(book, database)
    book.consumer(KARIMOV, res="SA01", since=APRIL, readings={APRIL: 0, MAY: 250})
    return desk


def _rows(database: psycopg.Connection) -> list[tuple]:
    return database.execute(
        "SELECT booked_month, kind, energy_kwh, credit_minor, charge_minor FROM ops.prepaid_energy"
        " ORDER BY booked_month, prepaid_no"
    ).fetchall()


def _owed(database: psycopg.Connection) -> int:
    return database.execute(
        "SELECT ops.account_balance_minor(account_id) FROM ops.account WHERE account_no = %s", [KARIMOV]
    ).fetchone()[0]


def test_a_credit_becomes_energy_at_the_price_of_its_month(desk: PenaltyDesk, database: psycopg.Connection) -> None:
    bill_month(desk.book.settings, APRIL, by=ADMINISTRATOR)  # 250 kWh: 200 x 450 + 50 x 900 = 135 000
    desk.pays(KARIMOV, 300_000, on=date(2025, 4, 28))
    run = unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, account_no=KARIMOV)
    # 165 000 are in advance: 90 000 pay for 200 kWh, 75 000 for 83 x 900 = 74 700; 300 are left.
    assert (run.account_count, run.energy_kwh, run.charge_minor) == (1, 283, 164_700 * SOUM)
    assert _owed(database) == -165_000 * SOUM
    stands = prepaid_energy(desk.book.settings, KARIMOV, by=ADMINISTRATOR)
    assert (stands.energy_kwh, stands.left_minor) == (283, 300 * SOUM)
    # domain.md 2.1: the list of 01.05.2025 came; households keep the old price two months, within the norm of 200 kWh.
    assert (stands.price_changed_on, stands.price_holds_to, stands.kwh_a_month) == (MAY, date(2025, 7, 1), 200)


def test_unwinding_again_records_nothing_and_another_credit_a_pair(
    desk: PenaltyDesk, database: psycopg.Connection
) -> None:
    desk.pays(KARIMOV, 90_000, on=date(2025, 4, 28))
    tried = unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, unit_code="SA01", dry_run=True)
    assert (tried.account_count, _rows(database)) == (1, [])
    unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, unit_code="SA01")
    again = unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, unit_code="SA01")
    assert (again.account_count, again.reversed_count) == (0, 0)
    bill_month(desk.book.settings, APRIL, by=ADMINISTRATOR)  # 135 000: nothing is in advance any more
    run = unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, unit_code="SA01")
    assert (run.account_count, run.reversed_count) == (0, 1)
    assert _rows(database) == [
        (APRIL, "unwound", 200, 90_000 * SOUM, 90_000 * SOUM),
        (APRIL, "reversing", -200, -90_000 * SOUM, -90_000 * SOUM),
    ]
    assert prepaid_energy(desk.book.settings, KARIMOV, by=ADMINISTRATOR) is None


def test_others_keep_the_price_for_one_month(desk: PenaltyDesk) -> None:
    mill = desk.book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal", since=APRIL, readings={})
    assert mill
    desk.pays("U1", 9_500, on=date(2025, 4, 28))
    unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, account_no="U1")
    stands = prepaid_energy(desk.book.settings, "U1", by=ADMINISTRATOR)
    # 900 a kWh: 10 kWh, 500 are left; 1 000 from 01.05.2025.
    assert (stands.energy_kwh, stands.left_minor, stands.price_holds_to) == (10, 500 * SOUM, JUNE)
    assert stands.kwh_a_month is None


def test_a_credit_without_one_price_is_left_as_it_is(desk: PenaltyDesk, database: psycopg.Connection) -> None:
    karimov = desk.book.consumer("SA01/1/2", res="SA01", since=APRIL, readings={})
    desk.book.another_point(karimov, "SA01/1/2#2", since=APRIL, readings={})
    desk.pays("SA01/1/2", 90_000, on=date(2025, 4, 28))
    run = unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, account_no="SA01/1/2")
    assert (run.account_count, run.left_out_count, _rows(database)) == (0, 1, [])


def test_who_may_unwind_and_when(desk: PenaltyDesk) -> None:
    create_user(
        desk.book.settings, login="clerk", full_name="Clerk", group_code="billing_clerks", unit_code="SA02",
        by=ADMINISTRATOR,
    )  # fmt: skip
    with pytest.raises(Refusal, match='User "clerk" does not hold the right "bill" for SA01'):
        unwind_credits(desk.book.settings, APRIL, by="clerk", unit_code="SA01")
    bill_month(desk.book.settings, APRIL, by=ADMINISTRATOR)
    desk.pays(KARIMOV, 300_000, on=date(2025, 4, 28))
    unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, account_no=KARIMOV)
    with connect(desk.book.settings, Role.APP, user="clerk") as session:
        assert session.execute("SELECT count(*) FROM ops.prepaid_energy").fetchone() == (0,)
    with connect(desk.book.settings, Role.OWNER) as session, pytest.raises(psycopg.Error, match="are posted"):
        session.execute("DELETE FROM ops.prepaid_energy")
    close_month(desk.book.settings, APRIL, by=ADMINISTRATOR)
    with pytest.raises(Refusal, match="Month 2025-04 is closed for SA01"):
        unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, unit_code="SA01")


@pytest.mark.requirement("E102", "E147")
def test_an_imaginary_bill_stands_in_the_statement_and_moves_no_money(desk: PenaltyDesk) -> None:
    desk.pays(KARIMOV, 90_000, on=date(2025, 4, 28))
    unwind_credits(desk.book.settings, APRIL, by=ADMINISTRATOR, account_no=KARIMOV)
    desk.pays(KARIMOV, 45_000, on=date(2025, 5, 5))
    unwind_credits(desk.book.settings, MAY, by=ADMINISTRATOR, account_no=KARIMOV)
    statement = reconcile_account(desk.book.settings, KARIMOV, by=ADMINISTRATOR)
    lines = [line for line in statement.lines if line.line_kind == "imaginary"]
    # 90 000 / 450 = 200 kWh; 135 000 at the steps of May are 200 x 600 = 120 000 and 18 x 800 = 14 400: 218 kWh.
    assert [(line.stands_on, line.energy_kwh, line.amount_minor, line.balance_minor // SOUM) for line in lines] == [
        (date(2025, 4, 30), 200, None, -90_000),
        (date(2025, 5, 31), -200, None, -135_000),
        (date(2025, 5, 31), 218, None, -135_000),
    ]
    assert [what_happened(line, BillWords("en"), str) for line in lines][:2] == [
        "Imaginary bill 1 of April 2025: energy paid for in advance, no money moves",
        "Imaginary bill 1 of May 2025: energy paid for in advance, no money moves: taken back",
    ]
