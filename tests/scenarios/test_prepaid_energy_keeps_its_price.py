"""Energy paid for before the price rose keeps its price for a while: what its bills cost more is taken off."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from dashboards.bills.sentences import in_language
from dashboards.bills.words import BillWords
from operational_db.accounting.reconciliation import reconcile_account
from operational_db.benefits.categories import Category, set_category
from operational_db.benefits.grants import Holder, grant_benefit
from operational_db.billing.adjustments import adjust_consumption
from operational_db.billing.commands import bill_month, close_checks, close_month, closes_in_doubt
from operational_db.billing.unwinding import unwind_credits
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.penalty_desk import PenaltyDesk
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

APRIL, MAY, JUNE, JULY, AUGUST = (date(2025, month, 1) for month in (4, 5, 6, 7, 8))
KARIMOV = "SA01/1/1"
SOUM = 100
BY = {"by": ADMINISTRATOR}


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> PenaltyDesk:
    book = SmallBook(settings, first_month=APRIL, res_codes=("SA01",))
    for month in (MAY, JUNE, JULY):
        book.open(month)
    return PenaltyDesk(book, database)


@pytest.fixture
def karimov(desk: PenaltyDesk) -> Consumer:
    """He has prepaid 283 kWh by the list that ends with April.

    April: 250 kWh, 200 x 450 + 50 x 900 = 135 000. He paid 300 000, so 165 000 are in advance: 200 x 450 = 90 000 and
    83 x 900 = 74 700.
    """
    consumer = desk.book.consumer(KARIMOV, res="SA01", since=APRIL, readings={APRIL: 0, MAY: 250})
    desk.pays(KARIMOV, 300_000, on=date(2025, 4, 28))
    assert _month(desk, APRIL).energy_kwh == 283
    return consumer


def _month(desk: PenaltyDesk, month: date):  # noqa: ANN202
    """The end of a month: billed, unwound, closed. Returns the unwinding."""
    bill_month(desk.book.settings, month, **BY)
    run = unwind_credits(desk.book.settings, month, **BY)
    assert [check.obstacles for check in close_checks(desk.book.settings, month, **BY)] == [()]
    close_month(desk.book.settings, month, **BY)
    return run


def _kept(database: psycopg.Connection) -> list[tuple]:
    rows = database.execute(
        "SELECT booked_month, kind, service_month, energy_kwh, full_minor, kept_minor FROM ops.kept_price"
        " ORDER BY booked_month, kept_price_no"
    ).fetchall()
    return [(*row[:4], row[4] // SOUM, row[5] // SOUM) for row in rows]


def _owed(database: psycopg.Connection, consumer: Consumer) -> int:
    return database.execute("SELECT ops.account_balance_minor(%s)", [consumer.account_id]).fetchone()[0] // SOUM


def test_two_months_keep_the_price_within_the_norm_and_as_far_as_the_energy_goes(
    desk: PenaltyDesk, database: psycopg.Connection, karimov: Consumer
) -> None:
    for day, value in ((JUNE, 500), (JULY, 600), (AUGUST, 700)):
        desk.book.reading(karimov, day, value)
    run = _month(desk, MAY)
    # domain.md 2.1: at most 2 months, within the norm of 200 kWh. May: 250 kWh cost 200 x 600 + 50 x 800 = 160 000; the
    # first 200 keep 450: 90 000 in place of 120 000.
    assert (run.kept_count, run.kept_kwh, run.taken_off_minor) == (1, 200, 30_000 * SOUM)
    # -165 000 + 160 000 - 30 000
    assert _owed(database, karimov) == -35_000
    # The credit that is left goes by the new list: 58 x 600 = 34 800.
    assert (run.energy_kwh, run.charge_minor) == (58, 34_800 * SOUM)
    run = _month(desk, JUNE)
    # May has drawn 250 of the 283 kWh; 33 of June's 100 keep their price: 33 x 450 = 14 850 in place of 33 x 600.
    assert (run.kept_count, run.kept_kwh, run.taken_off_minor) == (1, 33, 4_950 * SOUM)
    # July lies beyond the two months.
    assert _month(desk, JULY).kept_count == 0
    assert _kept(database) == [
        (MAY, "kept", MAY, 200, 120_000, 90_000),
        (JUNE, "kept", JUNE, 33, 19_800, 14_850),
    ]
    assert closes_in_doubt(desk.book.settings, **BY) == []


def test_what_is_taken_off_is_posted_with_its_tax_and_told_in_the_statement(
    desk: PenaltyDesk, database: psycopg.Connection, karimov: Consumer
) -> None:
    desk.book.reading(karimov, JUNE, 500)
    bill_month(desk.book.settings, MAY, **BY)
    tried = unwind_credits(desk.book.settings, MAY, dry_run=True, **BY)
    assert (tried.taken_off_minor, _kept(database)) == (30_000 * SOUM, [])
    unwind_credits(desk.book.settings, MAY, **BY)
    # Of 30 000 soum 12/112 are VAT: 3 000 000 x 0.12 / 1.12 = 321 428.57 coins.
    assert database.execute(
        "SELECT debit_code, credit_code, amount_minor, article_code FROM ops.ledger"
        " WHERE document_kind = 'kept_price' ORDER BY entry_no"
    ).fetchall() == [("4010", "9030", -2_678_571, "electricity"), ("4010", "6410", -321_429, "electricity")]
    again = unwind_credits(desk.book.settings, MAY, **BY)
    assert (again.kept_count, again.taken_off_minor, again.account_count) == (0, 0, 0)
    (line,) = (
        line
        for line in reconcile_account(desk.book.settings, KARIMOV, **BY).lines
        if line.document_kind == "kept_price"
    )
    assert (line.is_debt, line.amount_minor, line.reason) == (
        True, -30_000 * SOUM, "200 kWh of 2025-05 keep the price of 2025-04"
    )  # fmt: skip
    assert in_language(BillWords("ru"), line.reason) == "200 кВт·ч за май 2025 сохраняют цену за апрель 2025"
    with connect(desk.book.settings, Role.OWNER) as session, pytest.raises(psycopg.Error, match="are posted"):
        session.execute("DELETE FROM ops.kept_price")


def test_a_corrected_month_keeps_the_price_for_what_was_really_used(
    desk: PenaltyDesk, database: psycopg.Connection, karimov: Consumer
) -> None:
    desk.book.reading(karimov, JUNE, 500)
    _month(desk, MAY)
    adjust_consumption(desk.book.settings, KARIMOV, 150, on=JUNE, reason="The line was shared", **BY)
    desk.book.reading(karimov, JULY, 600)
    run = _month(desk, JUNE)
    # May has used 150: 150 x (600 - 450) = 22 500 in place of the 30 000. 283 - 150 = 133 are left for June's 100.
    assert _kept(database) == [
        (MAY, "kept", MAY, 200, 120_000, 90_000),
        (JUNE, "reversing", MAY, -200, -120_000, -90_000),
        (JUNE, "kept", MAY, 150, 90_000, 67_500),
        (JUNE, "kept", JUNE, 100, 60_000, 45_000),
    ]
    # -30 000 + 22 500 + 15 000
    assert run.taken_off_minor == 7_500 * SOUM
    statement = reconcile_account(desk.book.settings, KARIMOV, **BY)
    assert [
        (line.kind, line.amount_minor // SOUM) for line in statement.lines if line.document_kind == "kept_price"
    ] == [("kept_price", -30_000), ("taken_back", 30_000), ("kept_price", -22_500), ("kept_price", -15_000)]
    # -300 000 paid; April 135 000; May 150 x 450; June 100 x 450.
    assert _owed(database, karimov) == -300_000 + 135_000 + 67_500 + 45_000


def test_others_keep_the_price_for_one_month_and_without_a_norm(
    desk: PenaltyDesk, database: psycopg.Connection
) -> None:
    mill = desk.book.consumer(
        "U1",
        res="SA01",
        kind="legal",
        tariff="uz.legal",
        since=APRIL,
        readings={APRIL: 0, MAY: 0, JUNE: 300, JULY: 900},
    )
    desk.pays("U1", 450_000, on=date(2025, 4, 28))
    assert _month(desk, APRIL).energy_kwh == 500
    # 900 a kWh in April, 1 000 from 01.05.2025: 300 x 100 less in May; June lies beyond the one month.
    assert _month(desk, MAY).taken_off_minor == 30_000 * SOUM
    assert _month(desk, JUNE).taken_off_minor == 0
    assert _owed(database, mill) == -450_000 + 270_000 + 600_000


def test_who_paid_after_the_price_rose_keeps_nothing(desk: PenaltyDesk, database: psycopg.Connection) -> None:
    karimov = desk.book.consumer(KARIMOV, res="SA01", since=APRIL, readings={APRIL: 0, MAY: 250, JUNE: 500})
    _month(desk, APRIL)
    desk.pays(KARIMOV, 300_000, on=date(2025, 5, 2))
    assert _month(desk, MAY).kept_count == 0
    assert _owed(database, karimov) == 135_000 + 160_000 - 300_000


def test_a_month_does_not_close_before_its_prices_are_kept(desk: PenaltyDesk, karimov: Consumer) -> None:
    desk.book.reading(karimov, JUNE, 500)
    bill_month(desk.book.settings, MAY, **BY)
    (check,) = close_checks(desk.book.settings, MAY, **BY)
    assert check.obstacles == (
        (
            "SA01: the price that prepaid energy keeps is not taken off at 1 accounts, the first of them SA01/1/1; run "
            "`wattbook unwind --month 2025-05`."
        ),
    )
    _month(desk, MAY)


def test_a_month_before_one_that_is_unwound_is_not_unwound_any_more(desk: PenaltyDesk, karimov: Consumer) -> None:
    desk.book.reading(karimov, JUNE, 500)
    bill_month(desk.book.settings, MAY, **BY)
    bill_month(desk.book.settings, JUNE, **BY)
    unwind_credits(desk.book.settings, JUNE, **BY)
    with pytest.raises(Refusal, match="Credits of a month after 2025-05 are unwound already; unwind that month again"):
        unwind_credits(desk.book.settings, MAY, **BY)


def test_what_is_used_before_a_list_that_begins_within_a_month_draws_first(
    settings: Settings, database: psycopg.Connection
) -> None:
    july, august, september = (date(2019, month, 1) for month in (7, 8, 9))
    book = SmallBook(settings, first_month=july, res_codes=("SA01",))
    book.open(august)
    desk = PenaltyDesk(book, database)
    readings = {july: 0, august: 0, date(2019, 8, 15): 150, september: 320}
    book.consumer(KARIMOV, res="SA01", since=july, readings=readings)
    # domain.md 2.1: 280 a kWh from 01.06.2019, 295 from 15.08.2019; 56 000 pay for 200 kWh.
    desk.pays(KARIMOV, 56_000, on=date(2019, 7, 20))
    assert _month(desk, july).energy_kwh == 200
    # 150 were used by the old list; 50 of the 170 after it keep 280: 50 x 15 = 750.
    assert _month(desk, august).taken_off_minor == 750 * SOUM


def test_energy_with_a_benefit_keeps_no_price_beside_it(
    desk: PenaltyDesk, database: psycopg.Connection, karimov: Consumer
) -> None:
    half = Category("half", "Half of 160 kWh", Decimal("0.5"), "fixed", "state budget", "3", Decimal(160))
    set_category(desk.book.settings, half, from_day=APRIL, **BY)
    grant_benefit(desk.book.settings, f"{KARIMOV}#1", "half", Holder("Karimov"), from_day=MAY, **BY)
    desk.book.reading(karimov, JUNE, 500)
    run = _month(desk, MAY)
    # Of May's 200 kWh within the norm 160 have the benefit; 40 keep 450 in place of 600.
    assert (run.kept_kwh, run.taken_off_minor) == (40, 6_000 * SOUM)
    # -165 000 + 160 000 - half of 160 x 600 - 6 000
    assert _owed(database, karimov) == -165_000 + 160_000 - 48_000 - 6_000
