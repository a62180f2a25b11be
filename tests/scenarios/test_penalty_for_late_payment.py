"""Late payment: what a day of delay costs a household, charged month by month, put right and taken back."""

import threading
from datetime import date, timedelta

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.debt.penalties import charge_penalties, penalty_of, reverse_penalties
from operational_db.debt.penalty_explanation import explain_penalty
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.penalty_desk import PenaltyDesk
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH, APRIL = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
END_OF_JANUARY = date(2026, 1, 31)
DUE = date(2026, 2, 10)
ELEVENTH = date(2026, 2, 11)
SOUM = 100


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> PenaltyDesk:
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))
    for month in (FEBRUARY, MARCH, APRIL):
        book.open(month)
    return PenaltyDesk(book, database)


def _cost(desk: PenaltyDesk, account_no: str, to: date) -> int:
    return penalty_of(desk.book.settings, account_no, to, by=ADMINISTRATOR).charge_minor


def _charge(desk: PenaltyDesk, month: date) -> tuple[int, int, int]:
    run = charge_penalties(desk.book.settings, month, by=ADMINISTRATOR)
    return run.account_count, run.charged_minor, run.corrected_minor


def test_forty_five_days_of_a_million_cost_forty_five_thousand(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    # domain.md 7: 1 000 000 x 0.1 % x 45 days = 45 000. January is due by 10 February, so the days begin on the 11th.
    assert _cost(desk, karimov, ELEVENTH + timedelta(days=45)) == 45_000 * SOUM
    assert _cost(desk, karimov, ELEVENTH) == 0
    assert _cost(desk, karimov, ELEVENTH + timedelta(days=1)) == 1_000 * SOUM


@pytest.mark.parametrize(("paid_on", "days"), [(10, 0), (11, 0), (12, 1), (20, 9)])
def test_the_day_of_payment_costs_nothing(desk: PenaltyDesk, paid_on: int, days: int) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    desk.pays(karimov, 1_000_000, on=date(2026, 2, paid_on))
    assert _cost(desk, karimov, APRIL) == days * 1_000 * SOUM


def test_a_debt_never_costs_more_than_half_of_it(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    # Due 10 July 2024; from 11 July 2024 to 31 March 2026 are 629 days: 629 000 by the rate, 500 000 by the cap.
    desk.owes(karimov, 1_000_000, on=date(2024, 6, 30))
    assert _cost(desk, karimov, APRIL) == 500_000 * SOUM
    # 500 days end with 22 November 2025: the cap is reached on that day and not a day before.
    assert _cost(desk, karimov, date(2025, 11, 22)) == 499_000 * SOUM
    assert _cost(desk, karimov, date(2025, 11, 23)) == 500_000 * SOUM
    # What is paid of it later takes nothing off: half of what was overdue was earned by then.
    desk.pays(karimov, 900_000, on=date(2026, 1, 5))
    assert _cost(desk, karimov, APRIL) == 500_000 * SOUM


def test_before_the_rule_was_applied_delay_cost_nothing(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=date(2018, 12, 31))
    # Due 10 January 2019, applied from 11.02.2019: 11 to 20 February are 10 days.
    assert _cost(desk, karimov, date(2019, 2, 21)) == 10_000 * SOUM


def test_money_settles_the_oldest_debt_first(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 100_000, on=date(2025, 12, 31))  # due 10 January
    desk.owes(karimov, 200_000, on=END_OF_JANUARY)  # due 10 February
    desk.pays(karimov, 150_000, on=date(2026, 2, 21))
    found = penalty_of(desk.book.settings, karimov, MARCH, by=ADMINISTRATOR)
    assert [(r.due_on, r.day_from, r.day_to, r.debt_minor // SOUM, r.charge_minor // SOUM) for r in found.rows] == [
        (date(2026, 1, 10), date(2026, 1, 11), FEBRUARY, 100_000, 2_100),  # 21 days x 100
        (date(2026, 1, 10), FEBRUARY, date(2026, 2, 21), 100_000, 2_000),  # 20 days x 100
        (DUE, ELEVENTH, date(2026, 2, 21), 200_000, 2_000),  # 10 days x 200
        (DUE, date(2026, 2, 21), MARCH, 150_000, 1_200),  # 8 days x 150
    ]


def test_money_in_advance_pays_before_the_day(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.pays(karimov, 300_000, on=date(2026, 1, 5))
    desk.owes(karimov, 300_000, on=END_OF_JANUARY)
    assert _cost(desk, karimov, APRIL) == 0
    assert _charge(desk, MARCH) == (0, 0, 0)


def test_a_month_is_charged_once_and_posts_to_its_article(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    tried = charge_penalties(desk.book.settings, FEBRUARY, by=ADMINISTRATOR, dry_run=True)
    assert (tried.account_count, tried.charged_minor) == (1, 18_000 * SOUM)
    assert desk.posted(karimov) == []
    assert _charge(desk, FEBRUARY) == (1, 18_000 * SOUM, 0)  # 11 to 28 February: 18 days
    assert _charge(desk, FEBRUARY) == (0, 0, 0)
    assert _charge(desk, MARCH) == (1, 31_000 * SOUM, 0)
    assert desk.posted(karimov) == [
        (FEBRUARY, "charge", DUE, ELEVENTH, MARCH, 1_000_000 * SOUM, 18_000 * SOUM),
        (MARCH, "charge", DUE, MARCH, APRIL, 1_000_000 * SOUM, 31_000 * SOUM),
    ]
    assert desk.database.execute(
        "SELECT booked_month, document_no, debit_code, credit_code, amount_minor, article_code, posted_on"
        " FROM ops.ledger WHERE document_kind = 'penalty' ORDER BY booked_month"
    ).fetchall() == [
        (FEBRUARY, 1, "4010", "9330", 18_000 * SOUM, "penalty", date(2026, 2, 28)),
        (MARCH, 1, "4010", "9330", 31_000 * SOUM, "penalty", date(2026, 3, 31)),
    ]
    # What stands is not asked for again, and a month before is as it was.
    assert penalty_of(desk.book.settings, karimov, APRIL, by=ADMINISTRATOR).to_post_minor == 0
    assert _charge(desk, FEBRUARY) == (0, 0, 0)


def test_penalties_are_no_debt_that_penalties_grow_on(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    for month in (FEBRUARY, MARCH, APRIL):
        _charge(desk, month)
    # 18 + 31 + 30 = 79 days, each 1 000: the 18 000 of February, due 10 March, cost nothing.
    assert desk.charged_minor(karimov) == 79_000 * SOUM


def test_a_payment_entered_late_is_put_right_by_a_pair(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    _charge(desk, FEBRUARY)
    # The bank's register of 15 February comes in March with 400 000.
    desk.pays(karimov, 400_000, on=date(2026, 2, 15), booked=MARCH)
    # 4 days x 1 000 and 14 days x 600 = 12 400 in place of 18 000; March 31 x 600 = 18 600.
    assert _charge(desk, MARCH) == (1, 18_600 * SOUM, -5_600 * SOUM)
    assert desk.posted(karimov)[1:] == [
        (MARCH, "reversing", DUE, ELEVENTH, MARCH, 1_000_000 * SOUM, -18_000 * SOUM),
        (MARCH, "correction", DUE, ELEVENTH, date(2026, 2, 15), 1_000_000 * SOUM, 4_000 * SOUM),
        (MARCH, "correction", DUE, date(2026, 2, 15), MARCH, 600_000 * SOUM, 8_400 * SOUM),
        (MARCH, "charge", DUE, MARCH, APRIL, 600_000 * SOUM, 18_600 * SOUM),
    ]
    assert desk.charged_minor(karimov) == 31_000 * SOUM
    assert _charge(desk, MARCH) == (0, 0, 0)


def test_money_that_never_came_leaves_its_debt_as_old_as_it_was(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 100_000, on=END_OF_JANUARY)
    desk.pays(karimov, 100_000, on=date(2026, 2, 5))
    _charge(desk, FEBRUARY)
    # The bank takes the money back on 21 March: 11 days of March x 100.
    desk.pays(karimov, -100_000, on=date(2026, 3, 21))
    assert _charge(desk, MARCH) == (1, 1_100 * SOUM, 0)


def test_a_month_billed_anew_costs_what_it_should_have(settings: Settings, database: psycopg.Connection) -> None:
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    desk = PenaltyDesk(book, database)
    karimov = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0})
    slip = book.reading(karimov, FEBRUARY, 350)
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    # 350 kWh: 120 000 + 150 x 800 = 240 000, due 10 February; 18 days x 240.
    book.open(FEBRUARY)
    assert _charge(desk, FEBRUARY) == (1, 4_320 * SOUM, 0)
    # In March it turns out that the controller wrote 350 for 250; January is billed anew: 120 000 + 50 x 800 = 160 000.
    book.event(slip, "cancelled")
    book.open(MARCH)
    book.reading(karimov, FEBRUARY, 250, booked_month=FEBRUARY)
    bill_month(settings, FEBRUARY, by=ADMINISTRATOR)
    # 18 days x 160 = 2 880 in place of 4 320; March 31 x 160 = 4 960.
    assert _charge(desk, MARCH) == (1, 4_960 * SOUM, -1_440 * SOUM)
    assert {row[5] for row in desk.posted("SA01/1/1") if row[1] == "correction"} == {160_000 * SOUM}


def test_what_a_correction_adds_is_due_by_the_corrections_own_day(
    settings: Settings, database: psycopg.Connection
) -> None:
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    desk = PenaltyDesk(book, database)
    karimov = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0})
    slip = book.reading(karimov, FEBRUARY, 250)
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    book.open(FEBRUARY)
    book.event(slip, "cancelled")
    book.reading(karimov, FEBRUARY, 350, booked_month=FEBRUARY)
    bill_month(settings, FEBRUARY, by=ADMINISTRATOR)
    found = penalty_of(settings, "SA01/1/1", APRIL, by=ADMINISTRATOR)
    # 160 000 from 11 February; the 80 000 that came with February's correction from 11 March.
    assert [(r.due_on, r.day_from, r.debt_minor // SOUM) for r in found.rows] == [
        (DUE, ELEVENTH, 160_000),
        (DUE, MARCH, 160_000),
        (date(2026, 3, 10), date(2026, 3, 11), 80_000),
    ]
    assert desk.posted("SA01/1/1") == []


def test_a_clerk_takes_a_penalty_back_with_a_reason_and_it_stays_away(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    _charge(desk, FEBRUARY)
    reason = "The bank was closed from 16 to 20 February."
    taken = reverse_penalties(
        desk.book.settings, karimov, MARCH, from_day=date(2026, 2, 16), to=date(2026, 2, 21), reason=reason,
        by=ADMINISTRATOR,
    )  # fmt: skip
    assert taken.reversed_minor == 5_000 * SOUM
    assert desk.posted(karimov)[1:] == [
        (MARCH, "reversing", DUE, ELEVENTH, MARCH, 1_000_000 * SOUM, -18_000 * SOUM),
        (MARCH, "correction", DUE, ELEVENTH, date(2026, 2, 16), 1_000_000 * SOUM, 5_000 * SOUM),
        (MARCH, "correction", DUE, date(2026, 2, 21), MARCH, 1_000_000 * SOUM, 8_000 * SOUM),
    ]
    told = desk.database.execute("SELECT DISTINCT reason FROM ops.penalty WHERE reason IS NOT NULL").fetchall()
    assert told == [(reason,)]
    # March goes on as if nothing had been; the days in February do not come back.
    assert _charge(desk, MARCH) == (1, 31_000 * SOUM, 0)
    with pytest.raises(Refusal, match="No penalty of account SA01/1/1 stands for days from 2026-02-16 to 2026-02-21"):
        reverse_penalties(
            desk.book.settings, karimov, MARCH, from_day=date(2026, 2, 16), to=date(2026, 2, 21), reason="Again.",
            by=ADMINISTRATOR,
        )  # fmt: skip
    with pytest.raises(Refusal, match="taken back for a reason"):
        reverse_penalties(
            desk.book.settings, karimov, MARCH, from_day=ELEVENTH, to=MARCH, reason=" ", by=ADMINISTRATOR
        )


def test_a_closed_month_takes_no_penalty(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    for month in (JANUARY, FEBRUARY):
        close_month(desk.book.settings, month, by=ADMINISTRATOR)
    with pytest.raises(Refusal, match="Month 2026-02 is closed for SA01"):
        charge_penalties(desk.book.settings, FEBRUARY, by=ADMINISTRATOR)
    # The days of February are charged in March with those of March: 18 + 31.
    assert _charge(desk, MARCH) == (1, 49_000 * SOUM, 0)


@pytest.mark.parametrize("statement", [
    "UPDATE ops.penalty SET charge_minor = 0",
    "DELETE FROM ops.penalty",
    "TRUNCATE ops.penalty_202602",
    "DELETE FROM ops.penalty_reversal",
    "DELETE FROM ops.penalty_waiver",
])  # fmt: skip
def test_penalties_cannot_be_changed_by_any_role(desk: PenaltyDesk, statement: str) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    _charge(desk, FEBRUARY)
    reverse_penalties(
        desk.book.settings, karimov, MARCH, from_day=ELEVENTH, to=MARCH, reason="By decision of a court.",
        by=ADMINISTRATOR,
    )  # fmt: skip
    for role in (Role.OWNER, Role.APP, Role.LOADER):
        refused = pytest.raises(psycopg.Error, match="posted|permission denied")
        with connect(desk.book.settings, role) as session, refused:
            session.execute(statement)


def test_who_may_charge_and_see(desk: PenaltyDesk) -> None:
    desk.owes(desk.account("SA01/1/1"), 1_000_000, on=END_OF_JANUARY)
    desk.owes(desk.account("SA02/1/1", res="SA02"), 1_000_000, on=END_OF_JANUARY)
    for login, group in (("clerk", "billing_clerks"), ("manager", "billing_managers")):
        create_user(
            desk.book.settings, login=login, full_name=login, group_code=group, unit_code="SA01", by=ADMINISTRATOR
        )
    with pytest.raises(Refusal, match='User "clerk" does not hold the right "charge_penalties" for SA01'):
        charge_penalties(desk.book.settings, FEBRUARY, by="clerk", unit_code="SA01")
    with pytest.raises(Refusal, match='User "manager" does not hold the right "charge_penalties" for SA02'):
        charge_penalties(desk.book.settings, FEBRUARY, by="manager", unit_code="SA02")
    with pytest.raises(Refusal, match='There is no account "SA02/1/1" among those you may see'):
        penalty_of(desk.book.settings, "SA02/1/1", MARCH, by="clerk")
    assert charge_penalties(desk.book.settings, FEBRUARY, by="manager", unit_code="SA01").account_count == 1
    charge_penalties(desk.book.settings, FEBRUARY, by=ADMINISTRATOR)
    with connect(desk.book.settings, Role.APP, user="clerk") as session:
        assert session.execute("SELECT count(*) FROM ops.penalty").fetchone() == (1,)


def test_two_clerks_at_once_charge_once(desk: PenaltyDesk) -> None:
    accounts = [desk.account(f"SA01/1/{number}") for number in range(1, 6)]
    for account in accounts:
        desk.owes(account, 1_000_000, on=END_OF_JANUARY)
    told = []
    clerks = [threading.Thread(target=lambda: told.append(_charge(desk, FEBRUARY))) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert sorted(told) == [(0, 0, 0), (5, 90_000 * SOUM, 0)]
    assert [desk.charged_minor(account) for account in accounts] == [18_000 * SOUM] * 5


def test_a_rule_that_is_not_verified_is_shown_and_not_charged(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 1_000_000, on=END_OF_JANUARY)
    run = charge_penalties(desk.book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert (run.account_count, run.unverified_count) == (0, 1)
    found = penalty_of(desk.book.settings, mill, MARCH, by=ADMINISTRATOR)
    # 18 days x 0.4 % of 1 000 000 = 72 000
    assert [(row.charge_minor, row.is_verified) for row in found.rows] == [(72_000 * SOUM, False)]
    assert found.charge_minor == 0
    assert "by a rule that is not verified, so it is not charged" in explain_penalty(found, 100, "UZS")[0]


def test_the_arithmetic_is_told_in_words(desk: PenaltyDesk) -> None:
    karimov = desk.account("SA01/1/1")
    desk.owes(karimov, 1_000_000, on=END_OF_JANUARY)
    _charge(desk, FEBRUARY)
    found = penalty_of(desk.book.settings, karimov, date(2026, 3, 28), by=ADMINISTRATOR)
    debt, source = "Penalty on the debt due on 2026-02-10", "Source: domain 7 [S18], applied from 11.02.2019."
    assert [sentence.replace("\u202f", " ") for sentence in explain_penalty(found, 100, "UZS")] == [
        f"{debt}, 2026-02-11 to 2026-02-28: 1 000 000.00 overdue x 0.1 % x 18 days = 18 000.00. {source}",
        f"{debt}, 2026-03-01 to 2026-03-27: 1 000 000.00 overdue x 0.1 % x 27 days = 27 000.00. {source}",
        "Together 45 000.00 UZS; charged already 18 000.00, so 27 000.00 is left to post.",
    ]
