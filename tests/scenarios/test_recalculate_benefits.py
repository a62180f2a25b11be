"""Benefits that change for days that are billed: the months are billed anew in the open one, closed months stay."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.benefits.categories import Category, close_category, reopen_category, set_category
from operational_db.benefits.grants import end_benefit, list_grants
from operational_db.billing.commands import close_obstacles, closes_in_doubt
from operational_db.billing.explanation import explain_bill
from operational_db.billing.preview import bill_anew
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.benefit_desk import APRIL, JULY, JUNE, MARCH, MAY, BenefitDesk
from tests.small_book import ADMINISTRATOR, Consumer

BY = {"by": ADMINISTRATOR}
# 300 kWh: 426.00, with half of the first 160 kWh 95.40 less; 70 kWh: 63.00, half of it 31.50 less.
FULL, BENEFIT, SMALL, SMALL_BENEFIT = 42600, 9540, 6300, 3150


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> BenefitDesk:
    return BenefitDesk(settings, database)


@pytest.fixture
def consumer(desk: BenefitDesk) -> Consumer:
    """300, 300 and 70 kWh in March, April and May."""
    return desk.consumer("100", 300, 300, 70)


@pytest.mark.requirement("E57", "E61", "E62", "E64")
def test_a_back_dated_grant_recalculates_what_is_billed_and_leaves_the_closed_month(
    desk: BenefitDesk, consumer: Consumer
) -> None:
    desk.bill(MARCH, APRIL, MAY)
    closed = desk.close(MARCH)
    desk.grant("100", "half", MARCH, MAY)
    assert any(
        "1 corrections of billed months wait" in obstacle for obstacle in close_obstacles(desk.settings, APRIL, **BY)
    )
    desk.bill(MAY)
    # March and April anew in the run of May; May itself is after the end and stands.
    assert desk.bills(consumer, MAY) == [
        (1, "normal", 70, SMALL, 0),
        (2, "benefit_reversing", -600, -2 * FULL, 0),
        (3, "benefit_correction", 600, 2 * FULL, 2 * BENEFIT),
    ]
    assert desk.hash_now(MARCH) == closed
    assert desk.owes(consumer) == 2 * (FULL - BENEFIT) + SMALL
    told = explain_bill(desk.settings, "100", MAY, bill_no=3, **BY)
    assert told.head.name == "Benefit recalculation"
    assert told.reasons[0].startswith('Benefit recalculation: category "half" holds from 2017-03-01 (grant ')
    # Nothing is left to do.
    desk.bill(MAY)
    assert len(desk.bills(consumer, MAY)) == 3


@pytest.mark.requirement("E58")
def test_a_back_dated_end_takes_the_benefit_out_of_what_is_billed(desk: BenefitDesk, consumer: Consumer) -> None:
    grant_no = desk.grant("100", "half", MARCH)
    desk.bill(MARCH, APRIL, MAY)
    end_benefit(desk.settings, grant_no, on=MAY, **BY)
    desk.bill(MAY)
    # Of May the benefit is taken back; March and April stand.
    assert desk.bills(consumer, MAY) == [
        (1, "normal", 70, SMALL, SMALL_BENEFIT),
        (2, "benefit_reversing", -70, -SMALL, -SMALL_BENEFIT),
        (3, "benefit_correction", 70, SMALL, 0),
    ]
    assert desk.owes(consumer) == 2 * (FULL - BENEFIT) + SMALL


@pytest.mark.requirement("E59")
def test_a_cancelled_benefit_leaves_what_would_be_without_it(desk: BenefitDesk, consumer: Consumer) -> None:
    grant_no = desk.grant("100", "half", APRIL)
    desk.bill(MARCH, APRIL, MAY)
    assert desk.owes(consumer) == 2 * FULL - BENEFIT + SMALL - SMALL_BENEFIT
    end_benefit(desk.settings, grant_no, on=APRIL, **BY)
    desk.bill(MAY)
    assert desk.bills(consumer, MAY)[1:] == [
        (2, "benefit_reversing", -370, -FULL - SMALL, -BENEFIT - SMALL_BENEFIT),
        (3, "benefit_correction", 370, FULL + SMALL, 0),
    ]
    assert desk.owes(consumer) == 2 * FULL + SMALL
    assert set(desk.benefit_kwh(consumer).values()) == {0}


@pytest.mark.requirement("E47", "E55")
def test_an_end_within_a_month_leaves_the_days_before_it(desk: BenefitDesk, consumer: Consumer) -> None:
    grant_no = desk.grant("100", "half", MARCH)
    desk.bill(MARCH, APRIL)
    end_benefit(desk.settings, grant_no, on=date(2017, 4, 16), **BY)
    desk.bill(APRIL)
    # Fifteen of thirty days have half of the benefit: half of 50 x 0.90 and of 30 x 1.68.
    assert desk.bills(consumer, APRIL)[1:] == [
        (2, "benefit_reversing", -300, -FULL, -BENEFIT),
        (3, "benefit_correction", 300, FULL, 4770),
    ]
    assert desk.benefit_kwh(consumer) == {(MARCH, "half"): 160, (APRIL, "half"): 80}


@pytest.mark.requirement("E50", "E51", "E65", "E66")
def test_a_wrong_family_size_is_ended_back_dated_and_granted_anew(desk: BenefitDesk, consumer: Consumer) -> None:
    wrong = desk.grant("100", "veteran", MARCH, persons=1, dwelling="gas_stove")
    desk.bill(MARCH, APRIL, MAY)
    # 90 kWh at three quarters: 81.00 x 0.75 = 60.75; of 70 kWh 63.00 x 0.75 = 47.25.
    assert desk.owes(consumer) == 2 * (FULL - 6075) + SMALL - 4725
    # From April they were three: 90 + 2 x 30 = 150 kWh, 100 x 0.90 x 0.75 = 67.50 and 50 x 1.68 x 0.75 = 63.00.
    end_benefit(desk.settings, wrong, on=APRIL, **BY)
    desk.grant("100", "veteran", APRIL, persons=3, dwelling="gas_stove")
    desk.bill(MAY)
    assert desk.benefit_kwh(consumer) == {(MARCH, "veteran"): 90, (APRIL, "veteran"): 150, (MAY, "veteran"): 70}
    assert desk.owes(consumer) == FULL - 6075 + FULL - 13050 + SMALL - 4725
    # One bill takes back, one is right; no kWh moves.
    assert [row[:3] for row in desk.bills(consumer, MAY)[1:]] == [
        (2, "benefit_reversing", -370),
        (3, "benefit_correction", 370),
    ]


@pytest.mark.requirement("E67")
def test_a_recalculation_is_neither_deleted_nor_reversed_by_itself(desk: BenefitDesk, consumer: Consumer) -> None:
    desk.bill(MARCH, APRIL)
    grant_no = desk.grant("100", "half", MARCH)
    desk.bill(APRIL)
    as_it_stands = desk.bills(consumer, APRIL)
    # Billing anew on the same facts leaves it alone.
    bill_anew(desk.settings, "100", MARCH, "The consumer does not believe it.", **BY)
    desk.bill(APRIL)
    assert desk.bills(consumer, APRIL) == as_it_stands
    for statement in (
        "DELETE FROM ops.bill WHERE kind LIKE 'benefit%'",
        "DELETE FROM ops.benefit_line",
        "UPDATE ops.benefit_line SET benefit_minor = 0",
        "TRUNCATE ops.benefit_line_201704",
    ):
        with (
            connect(desk.settings, Role.OWNER) as session,
            pytest.raises(psycopg.Error, match="posted and cannot be changed or removed"),
        ):
            session.execute(statement)
    for bill_no in (2, 3):
        with (
            connect(desk.settings, Role.OWNER) as session,
            pytest.raises(psycopg.Error, match=f"Bill {bill_no} of 2017-04 corrects other bills and is never reversed"),
        ):
            session.execute(
                "INSERT INTO ops.bill_line_reversal (account_id, booked_month, bill_no, line_no, reversing_month,"
                " reversing_bill_no, reversing_line_no, source_id) SELECT account_id, booked_month, bill_no, line_no,"
                " booked_month, 9, line_no, (SELECT max(source_id) FROM ops.source) FROM ops.bill_line"
                " WHERE bill_no = %s",
                [bill_no],
            )
    # A further change of the benefit is a further pair beside it.
    end_benefit(desk.settings, grant_no, on=APRIL, **BY)
    desk.bill(APRIL)
    assert desk.bills(consumer, APRIL)[3:] == [
        (4, "benefit_reversing", -300, -FULL, -BENEFIT),
        (5, "benefit_correction", 300, FULL, 0),
    ]
    assert desk.owes(consumer) == FULL - BENEFIT + FULL


@pytest.mark.requirement("E69", "E70", "E71", "E72", "E74")
def test_a_closed_category_is_taken_out_of_the_bills_of_all_its_holders(desk: BenefitDesk) -> None:
    ongoing, ending, later, early, other = (desk.consumer(number, 300, 300, 300) for number in "ABCDE")
    desk.grant("A", "half", MARCH)
    desk.grant("B", "half", MARCH, JULY)
    desk.grant("C", "half", MAY)
    desk.grant("D", "half", MARCH, APRIL)
    desk.grant("E", "limitless", MARCH)
    desk.bill(MARCH, APRIL, MAY)
    closed = desk.close(MARCH)
    # Closed on 1 April: A loses April and May, B too and its end of July, C never had it, D ended before, E is another.
    assert close_category(desk.settings, "half", on=APRIL, **BY) == 3
    desk.bill(MAY)
    assert desk.benefit_kwh(ongoing) == {(MARCH, "half"): 160, (APRIL, "half"): 0, (MAY, "half"): 0}
    assert desk.benefit_kwh(ending) == desk.benefit_kwh(ongoing)
    assert desk.benefit_kwh(later) == {(MAY, "half"): 0}
    assert [desk.owes(one) for one in (ongoing, ending, later, early)] == [
        3 * FULL - BENEFIT, 3 * FULL - BENEFIT, 3 * FULL, 3 * FULL - BENEFIT,
    ]  # fmt: skip
    assert [len(desk.bills(one, MAY)) for one in (ongoing, ending, later, early, other)] == [3, 3, 3, 1, 1]
    assert desk.hash_now(MARCH) == closed
    # Valid again: nobody gets anything back.
    reopen_category(desk.settings, "half", **BY)
    desk.bill(MAY)
    assert [len(desk.bills(one, MAY)) for one in (ongoing, ending, later, early, other)] == [3, 3, 3, 1, 1]
    assert desk.owes(ongoing) == 3 * FULL - BENEFIT


@pytest.mark.requirement("E54")
def test_a_category_is_brought_back_by_a_law_for_a_time(desk: BenefitDesk, consumer: Consumer) -> None:
    desk.grant("100", "half", MARCH)
    close_category(desk.settings, "half", on=APRIL, **BY)
    desk.bill(MARCH, APRIL, MAY)
    reopen_category(desk.settings, "half", **BY)
    desk.grant("100", "half", MAY)
    close_category(desk.settings, "half", on=JUNE, **BY)
    desk.bill(MAY)
    assert desk.benefit_kwh(consumer) == {(MARCH, "half"): 160, (MAY, "half"): 70}


def test_a_category_that_gives_something_else_from_a_billed_day_recalculates_its_holders(
    desk: BenefitDesk, consumer: Consumer
) -> None:
    desk.grant("100", "half", MARCH)
    desk.bill(MARCH, APRIL, MAY)
    whole = Category("half", "All of 100 kWh now", Decimal(1), "fixed", "state budget", "3", Decimal(100))
    set_category(desk.settings, whole, from_day=MAY, **BY)
    desk.bill(MAY)
    # 70 kWh of May for nothing.
    assert desk.bills(consumer, MAY)[1:] == [
        (2, "benefit_reversing", -70, -SMALL, -SMALL_BENEFIT),
        (3, "benefit_correction", 70, SMALL, SMALL),
    ]


def test_a_norm_by_dwelling_is_refused_for_holders_who_named_none(desk: BenefitDesk, consumer: Consumer) -> None:
    assert consumer
    desk.grant("100", "half", MARCH)
    by_dwelling = Category("half", "By dwelling", Decimal("0.5"), "dwelling", "state budget", "3")
    with pytest.raises(Refusal, match="names no dwelling"):
        set_category(desk.settings, by_dwelling, from_day=MAY, **BY)


def test_a_grant_that_comes_with_another_reason_is_one_pair_of_bills(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 300)
    slip = desk.book.reading(consumer, MAY, 1900, booked_month=APRIL)
    desk.bill(MARCH, APRIL)
    desk.book.event(slip, "cancelled")
    desk.book.reading(consumer, MAY, 1600, booked_month=APRIL)
    desk.grant("100", "half", MARCH)
    desk.bill(APRIL)
    # April was 600 kWh (90.00 + 500 x 1.68 = 930.00) and is 300.
    assert desk.bills(consumer, APRIL)[1:] == [
        (2, "benefit_reversing", -900, -FULL - 93000, 0),
        (3, "benefit_correction", 600, 2 * FULL, 2 * BENEFIT),
    ]


def test_a_reading_corrected_later_takes_the_benefit_with_it(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 0)
    slip = desk.book.reading(consumer, MAY, 1300, booked_month=APRIL)
    desk.grant("100", "half", MARCH)
    desk.bill(MARCH, APRIL)
    desk.book.event(slip, "cancelled")
    desk.book.reading(consumer, MAY, 1070, booked_month=APRIL)
    desk.bill(APRIL)
    # 300 kWh become 70: a correction like others, with the benefit of each.
    assert desk.bills(consumer, APRIL) == [
        (1, "normal", 300, FULL, BENEFIT),
        (2, "reversing", -300, -FULL, -BENEFIT),
        (3, "correction", 70, SMALL, SMALL_BENEFIT),
    ]
    assert desk.owes(consumer) == SMALL - SMALL_BENEFIT


@pytest.mark.requirement("E62")
def test_a_closed_month_proves_its_benefits(desk: BenefitDesk, consumer: Consumer) -> None:
    assert consumer
    desk.grant("100", "half", MARCH)
    desk.bill(MARCH)
    desk.close(MARCH)
    assert closes_in_doubt(desk.settings, **BY) == []
    desk.database.execute("SET session_replication_role = replica")
    desk.database.execute("UPDATE ops.benefit_line SET financing_source = 'somebody else' WHERE line_no = 1")
    assert [doubt.doubt for doubt in closes_in_doubt(desk.settings, **BY)] == [
        "its rows are not those that were closed"
    ]
    desk.database.execute("UPDATE ops.benefit_line SET benefit_minor = benefit_minor + 1 WHERE line_no = 1")
    obstacle = desk.database.execute(
        "SELECT obstacle FROM ops.close_obstacles(%s, %s)", [consumer.res_id, MARCH]
    ).fetchone()[0]
    assert obstacle.startswith('SA01: 1 documents of kind "benefit" differ from the ledger, the first of account 100;')


def test_a_debt_is_as_old_as_its_bill_and_less_its_benefit(desk: BenefitDesk, consumer: Consumer) -> None:
    desk.grant("100", "half", MARCH, APRIL)
    desk.bill(MARCH, APRIL)
    asked = "SELECT origin_month, owed_minor FROM ops.open_debts(NULL, %s, %s) ORDER BY 1"
    end_of_april = [[consumer.account_id], date(2017, 4, 30)]
    assert desk.database.execute(asked, end_of_april).fetchall() == [(MARCH, FULL - BENEFIT), (APRIL, FULL)]
    # Granted back-dated for April as well: what was asked of April then is taken back there, with its benefit of none.
    desk.grant("100", "half", APRIL)
    desk.bill(APRIL)
    assert desk.database.execute(asked, end_of_april).fetchall() == [(MARCH, FULL - BENEFIT), (APRIL, FULL - BENEFIT)]
    # Of March taken back in April: nothing is left of that debt, what is right was asked in April.
    end_benefit(desk.settings, list_grants(desk.settings, category_code="half", **BY)[0].grant_no, on=MARCH, **BY)
    desk.bill(APRIL)
    assert desk.database.execute(asked, end_of_april).fetchall() == [(APRIL, 2 * FULL - BENEFIT)]
    assert desk.owes(consumer) == 2 * FULL - BENEFIT


def test_a_benefit_is_not_asked_for_and_late_payment_of_it_costs_nothing(desk: BenefitDesk, consumer: Consumer) -> None:
    desk.grant("100", "half", MARCH)
    desk.bill(MARCH, APRIL)
    demanded = (
        "SELECT moved_on, amount_minor FROM ops.electricity_movements(%s, %s) WHERE is_demand"
        " ORDER BY moved_on, amount_minor DESC"
    )
    asked = [[consumer.res_id], consumer.account_id]
    rest = FULL - BENEFIT
    assert desk.database.execute(demanded, asked).fetchall() == [(date(2017, 3, 31), rest), (date(2017, 4, 30), rest)]
    # Cancelled in May: the benefit of March and April is asked for from May's end on, not from theirs.
    end_benefit(desk.settings, list_grants(desk.settings, category_code="half", **BY)[0].grant_no, on=MARCH, **BY)
    desk.bill(MAY)
    assert desk.database.execute(demanded, asked).fetchall() == [
        (date(2017, 3, 31), rest), (date(2017, 4, 30), rest), (date(2017, 5, 31), BENEFIT),
        (date(2017, 5, 31), BENEFIT), (date(2017, 5, 31), SMALL),
    ]  # fmt: skip
