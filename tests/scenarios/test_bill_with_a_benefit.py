"""Bills of those who have a benefit: the full price on the bill, the benefit beside it, the rest to pay."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.benefits.categories import Category, set_category
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.benefit_desk import APRIL, MARCH, BenefitDesk
from tests.small_book import ADMINISTRATOR


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> BenefitDesk:
    return BenefitDesk(settings, database)


def _entries(desk: BenefitDesk, account_id: int) -> list[tuple]:
    return desk.database.execute(
        "SELECT document_kind, document_no, debit_code, credit_code, amount_minor, article_code FROM ops.ledger"
        " WHERE account_id = %s ORDER BY document_kind, document_no, entry_no",
        [account_id],
    ).fetchall()


@pytest.mark.requirement("E55")
def test_half_of_the_first_160_kwh_of_300(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 300)
    desk.grant("100", "half", MARCH)
    desk.bill(MARCH)
    # Full: 100 x 0.90 + 200 x 1.68 = 426.00. Norm of 160: 100 x 0.90 + 60 x 1.68 = 190.80; half of it 95.40.
    assert desk.bills(consumer, MARCH) == [(1, "normal", 300, 42600, 9540)]
    assert desk.benefits(consumer, MARCH) == [(1, "half", 100, 9000, 4500), (2, "half", 60, 10080, 5040)]
    assert desk.owes(consumer) == 33060
    # VAT of a line: its charge less its net, 75.00 and 280.00 of 426.00: 71.00.
    assert _entries(desk, consumer.account_id) == [
        ("benefit", 1, "377", "361", 9540, "electricity"),
        ("bill", 1, "361", "703", 35500, "electricity"),
        ("bill", 1, "361", "641", 7100, "electricity"),
    ]
    # Nothing is left to bill.
    desk.bill(MARCH)
    assert desk.bills(consumer, MARCH) == [(1, "normal", 300, 42600, 9540)]


def test_who_uses_less_than_the_norm_has_all_of_it_at_the_benefit_and_others_have_none(desk: BenefitDesk) -> None:
    thrifty, other, idle = desk.consumer("100", 70), desk.consumer("101", 70), desk.consumer("102", 0)
    desk.grant("100", "half", MARCH)
    desk.grant("102", "half", MARCH)
    desk.bill(MARCH)
    # 70 x 0.90 = 63.00, half of it 31.50.
    assert desk.bills(thrifty, MARCH) == [(1, "normal", 70, 6300, 3150)]
    assert desk.bills(other, MARCH) == [(1, "normal", 70, 6300, 0)]
    assert desk.bills(idle, MARCH) == [(1, "normal", 0, 0, 0)]
    assert [desk.owes(one) for one in (thrifty, other, idle)] == [3150, 6300, 0]


@pytest.mark.requirement("E47")
def test_a_benefit_of_half_a_month_is_half_of_the_benefit(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 0, 300)
    desk.grant("100", "half", date(2017, 4, 11), date(2017, 4, 26))
    desk.bill(MARCH, APRIL)
    # 15 of 30 days: norm 80; of the line of 100 kWh 50 belong to these days, of the line of 200 kWh 100. The first 80
    # of these 150: 50 x 0.90 + 30 x 1.68 = 45.00 + 50.40; half of each 22.50 + 25.20 = 47.70, half of 95.40.
    assert desk.benefits(consumer, APRIL) == [(1, "half", 50, 4500, 2250), (2, "half", 30, 5040, 2520)]
    assert desk.owes(consumer) == 42600 - 4770


@pytest.mark.requirement("E50", "E53")
def test_the_dwellings_norm_grows_with_the_entitled_and_that_of_a_profession_does_not(desk: BenefitDesk) -> None:
    family, teacher = desk.consumer("100", 300), desk.consumer("101", 300)
    desk.grant("100", "veteran", MARCH, persons=3, dwelling="gas_stove")
    desk.grant("101", "teacher", MARCH, persons=5)
    desk.bill(MARCH)
    # March 2017: 90 + 2 x 30 = 150 kWh at three quarters: 100 x 0.90 x 0.75 = 67.50, 50 x 1.68 x 0.75 = 63.00.
    assert desk.benefits(family, MARCH) == [(1, "veteran", 100, 9000, 6750), (2, "veteran", 50, 8400, 6300)]
    # 30 kWh for nothing: 30 x 0.90 = 27.00.
    assert desk.benefits(teacher, MARCH) == [(1, "teacher", 30, 2700, 2700)]


def test_another_norm_of_the_dwelling_holds_from_its_day_on(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 300, 300)
    desk.grant("100", "veteran", MARCH, dwelling="gas_stove")
    desk.database.execute(
        "INSERT INTO ops.benefit_norm (dwelling_code, valid_from, meaning, first_person_kwh, next_person_kwh, cap_kwh,"
        " source_note, is_verified) VALUES ('gas_stove', '2017-04-16', 'No electric stove', 30, 30, 60, 'a law', true)"
    )
    desk.bill(MARCH, APRIL)
    # March 90 kWh; April 45 for the first fifteen days (of 50 at 0.90) and 15 for the others: 60 x 0.90 x 0.75 = 40.50.
    assert [row[2:] for row in desk.benefits(consumer, MARCH)] == [(90, 8100, 6075)]
    assert [row[2:] for row in desk.benefits(consumer, APRIL)] == [(45, 4050, 3038), (15, 1350, 1013)]


def test_a_kwh_has_one_benefit_and_the_greater_share_comes_first(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 300)
    for category in ("half", "teacher", "limitless"):
        desk.grant("100", category, MARCH)
    desk.bill(MARCH)
    # All of 0-30 (27.00), half of 30-160 (70 x 0.90 = 63.00: 31.50; 60 x 1.68 = 100.80: 50.40), a quarter of 160-300
    # (140 x 1.68 = 235.20: 58.80).
    assert desk.benefits(consumer, MARCH) == [
        (1, "teacher", 30, 2700, 2700),
        (1, "half", 70, 6300, 3150),
        (2, "half", 60, 10080, 5040),
        (2, "limitless", 140, 23520, 5880),
    ]


def test_a_month_opened_before_bills_knew_benefits_is_billed_with_them(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 300)
    desk.grant("100", "half", MARCH)
    desk.database.execute("DROP TABLE ops.benefit_line_201703")
    desk.bill(MARCH)
    assert desk.owes(consumer) == 33060


def test_two_readings_in_a_month_use_the_norm_once_though_billed_one_after_the_other(desk: BenefitDesk) -> None:
    consumer = desk.book.consumer(
        "100", res="SA01", tariff="ua.household", since=MARCH, readings={MARCH: 0, date(2017, 3, 16): 120}
    )
    desk.grant("100", "half", MARCH)
    desk.bill(MARCH)
    # 100 x 0.90 and 20 x 1.68 = 33.60; all within 160 kWh.
    assert desk.benefits(consumer, MARCH) == [(1, "half", 100, 9000, 4500), (2, "half", 20, 3360, 1680)]
    desk.book.reading(consumer, APRIL, 300)
    desk.bill(MARCH)
    # 180 kWh more, of which 40 are within the norm: 40 x 1.68 = 67.20.
    assert desk.benefits(consumer, MARCH, 2) == [(1, "half", 40, 6720, 3360)]
    assert desk.owes(consumer) == 33060


def test_zones_share_a_norm_as_they_share_steps(desk: BenefitDesk) -> None:
    # 200 kWh by day at the full price and 100 at night at half of it; two thirds of steps and norm belong to the day.
    consumer = desk.book.consumer(
        "100", res="SA01", tariff="ua.household", since=MARCH,
        readings={MARCH: {"day": 0, "night": 0}, APRIL: {"day": 200, "night": 100}},
    )  # fmt: skip
    desk.grant("100", "half", MARCH)
    desk.bill(MARCH)
    # By day 66.666667 kWh at 0.90 and 40 of the rest at 1.68 (norm 106.666666): 60.00 and 67.20, half 30.00 and 33.60.
    # At night 33.333333 at 0.45 and 20 at 0.84 (norm 53.333333): 15.00 and 16.80, half 7.50 and 8.40.
    told = [(full, benefit) for _, _, _, full, benefit in desk.benefits(consumer, MARCH)]
    assert told == [(6000, 3000), (6720, 3360), (1500, 750), (1680, 840)]
    assert Decimal("159.99999") < sum(row[2] for row in desk.benefits(consumer, MARCH)) <= 160


@pytest.mark.parametrize(
    ("function", "right", "wrong", "subject"),
    [
        ("benefits_in_days_sql", "trunc(n.norm_kwh *", "trunc(1.01 * n.norm_kwh *", "energy at benefits"),
        ("benefits_of_lines_sql", "round(c.share * m.price_all", "round(1.01 * c.share * m.price_all", "worth"),
        ("benefits_of_lines_sql", "WHERE c.energy_kwh > 0", "WHERE c.energy_kwh > 70", "energy at benefits"),
    ],
)
def test_a_wrong_count_is_not_posted(desk: BenefitDesk, function: str, right: str, wrong: str, subject: str) -> None:
    consumer = desk.consumer("100", 300)
    desk.grant("100", "half", MARCH)
    source = desk.database.execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = %s", [function]
    ).fetchone()[0]
    assert right in source
    desk.database.execute(source.replace(right, wrong))
    with pytest.raises(Refusal, match=f"The second count finds another {subject}"):
        desk.bill(MARCH)
    assert desk.bills(consumer, MARCH) == []


def test_a_category_that_gives_another_share_from_a_day_on_gives_each_for_its_days(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 0, 300)
    desk.grant("100", "half", MARCH)
    quarter = Category("half", "A quarter now", Decimal("0.25"), "fixed", "local budget", "9", Decimal(160))
    set_category(desk.settings, quarter, from_day=date(2017, 4, 16), by=ADMINISTRATOR)
    desk.bill(MARCH, APRIL)
    # 15 days each, norm 80: 50 x 0.90 = 45.00 and 30 x 1.68 = 50.40; half of them, and a quarter.
    assert desk.benefits(consumer, APRIL) == [
        (1, "half", 50, 4500, 2250),
        (1, "half", 50, 4500, 1125),
        (2, "half", 30, 5040, 2520),
        (2, "half", 30, 5040, 1260),
    ]
    assert desk.database.execute(
        "SELECT DISTINCT days_from, share, financing_source, report_row FROM ops.benefit_line ORDER BY days_from"
    ).fetchall() == [
        (APRIL, Decimal("0.5"), "state budget", "3"),
        (date(2017, 4, 16), Decimal("0.25"), "local budget", "9"),
    ]
