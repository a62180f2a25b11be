"""A clerk at the counter explains a bill to the last coin."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month
from operational_db.billing.explanation import BillExplanation, explain_bill
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SOUM = 100


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))


def _explained(book: SmallBook, account_no: str, month: date = JANUARY) -> BillExplanation:
    """The bill after a run over the month; its parts add up to what is posted."""
    bill_month(book.settings, month, by=ADMINISTRATOR, account_no=account_no)
    bill = explain_bill(book.settings, account_no, month, by=ADMINISTRATOR)
    assert sum(line.priced.charge_minor for line in bill.lines) == bill.charge_minor
    assert sum(line.priced.vat_minor for line in bill.lines) == bill.vat_minor
    assert sum(span.energy_kwh for span in bill.spans) == bill.energy_kwh
    return bill


@pytest.mark.requirement("E31", "E34", "E35", "E112")
def test_a_household_sees_readings_steps_prices_and_balance(book: SmallBook) -> None:
    book.consumer("SA01/12/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1350})
    bill = _explained(book, "SA01/12/1")
    assert (bill.kind, bill.consumer.route, bill.posted_by) == ("normal", "12", "First administrator")
    assert [unit.code for unit in bill.consumer.units] == ["UZ", "UZ-SA", "SA", "SA01"]
    (span,) = bill.spans
    assert (span.opening.value_kwh, span.closing.value_kwh, span.closing.read_on) == (1000, 1350, FEBRUARY)
    assert (span.digits, span.ratio, span.register_difference_kwh, span.days) == (5, 1, 350, 31)
    (prices,) = bill.price_lists
    assert (prices.tariff_code, prices.valid_from, len(prices.steps)) == ("uz.household", date(2025, 5, 1), 6)
    # 350 kWh = 200 at 600 + 150 at 800; VAT within: 120 000 x 0.12 / 1.12 = 12 857.142...
    assert bill.in_words() == [
        f"Point SA01/12/1#1, meter {span.meter_serial_no}, 2026-01-01 to 2026-02-01 (31 days): "
        "1350 - 1000 = 350 kWh.",
        "Step 1 (0 to 200 kWh): 200 kWh x 600 = 120 000.00, of it VAT at 12 % 12 857.14.",
        "Step 2 (200 to 500 kWh): 150 kWh x 800 = 120 000.00, of it VAT at 12 % 12 857.14.",
    ]
    assert (bill.balance.before_minor, bill.balance.after_minor) == (0, 240_000 * SOUM)


@pytest.mark.requirement("E154")
def test_a_change_of_price_inside_the_span_is_told_by_days(settings: Settings) -> None:
    book = SmallBook(settings, first_month=date(2025, 5, 1), res_codes=("SA01",))
    april, may, june = date(2025, 4, 1), date(2025, 5, 1), date(2025, 6, 1)
    consumer = book.consumer("SA01/1/4", res="SA01", since=april, readings={})
    book.reading(consumer, april, 0, is_opening=True, booked_month=may)
    book.reading(consumer, june, 610)
    bill = _explained(book, "SA01/1/4", may)
    first, second = bill.spans[0].parts
    # 61 days have 610 kWh: 30 days of April 300, 31 days of May 310
    assert (first.days, first.energy_kwh, second.days, second.energy_kwh) == (30, 300, 31, 310)
    assert [bill.price_list(part).valid_from for part in (first, second)] == [date(2024, 5, 1), may]
    assert bill.in_words()[1:] == [
        "2025-04-01 to 2025-05-01: 30 of 61 days have 300 kWh.",
        "Step 1 (0 to 200 kWh): 200 kWh x 450 = 90 000.00, of it VAT at 12 % 9 642.86.",
        "Step 2 (200 to 1000 kWh): 100 kWh x 900 = 90 000.00, of it VAT at 12 % 9 642.86.",
        "2025-05-01 to 2025-06-01: 31 of 61 days have 310 kWh.",
        "Step 1 (0 to 200 kWh): 200 kWh x 600 = 120 000.00, of it VAT at 12 % 12 857.14.",
        "Step 2 (200 to 500 kWh): 110 kWh x 800 = 88 000.00, of it VAT at 12 % 9 428.57.",
    ]


@pytest.mark.requirement("E100")
def test_zones_carry_the_fraction_of_their_price(book: SmallBook) -> None:
    book.consumer(
        "SA01/1/1", res="SA01", tariff="ua.household",
        readings={JANUARY: {"day": 1000, "night": 500}, FEBRUARY: {"day": 1200, "night": 650}},
    )  # fmt: skip
    bill = _explained(book, "SA01/1/1")
    # 3.60 net x 1.2 = 4.32 by day, half of it by night: 200 x 4.32 = 864, of it 144 VAT; 150 x 2.16 = 324, of it 54
    assert [words for words in bill.in_words() if words.startswith("Zone")] == [
        "Zone day, step 1 (any volume): 200 kWh x 3.6 x 1.2 = 864.00, VAT at 20 % is 144.00 of it.",
        "Zone night, step 1 (any volume): 150 kWh x 3.6 x 1/2 x 1.2 = 324.00, VAT at 20 % is 54.00 of it.",
    ]


def test_a_register_that_passed_zero_and_transformers_are_told(book: SmallBook) -> None:
    book.consumer(
        "U1", res="SA01", kind="legal", tariff="uz.legal", digits=5, ratio=Decimal(40),
        readings={JANUARY: Decimal("99999.5"), FEBRUARY: Decimal("1.75")},
    )  # fmt: skip
    bill = _explained(book, "U1")
    (span,) = bill.spans
    # 1.75 - 99 999.5 + 100 000 = 2.25, x 40 = 90 kWh x 1000
    assert (span.has_passed_zero, span.register_difference_kwh, span.energy_kwh) == (True, Decimal("2.25"), 90)
    assert bill.in_words()[0].endswith("1.75 - 99999.5 + 100000 (the register passed zero) = 2.25 x 40 = 90 kWh.")
    assert (bill.charge_minor, bill.consumer.route) == (90_000 * SOUM, None)


def test_residents_stretch_the_steps(book: SmallBook) -> None:
    book.consumer(
        "SA01/1/2", res="SA01", tariff="kz.rudny", persons=2, variant_code="estove",
        readings={JANUARY: 0, FEBRUARY: 300},
    )  # fmt: skip
    bill = _explained(book, "SA01/1/2")
    (part,) = bill.spans[0].parts
    # Two residents: level 1 to 2 x 130 = 260 kWh, level 2 to 2 x 190 = 380
    assert (part.residents, part.bound_factor) == (2, 2)
    assert [(line.priced.over_kwh, line.priced.up_to_kwh) for line in part.lines] == [(0, 260), (260, 380)]
    assert [line.priced.energy_kwh for line in part.lines] == [260, 40]


def test_half_hours_are_told_as_such(book: SmallBook) -> None:
    plant = book.consumer("U2", res="SA01", kind="legal", tariff="uz.legal_tou", readings={})
    with connect(book.settings, Role.LOADER) as session:
        session.execute(
            "INSERT INTO ops.measured_energy (account_id, booked_month, metering_point_id, direction, span_from,"
            " span_to, energy_kwh, kind, res_id, source_id)"
            " VALUES (%s, %s, %s, 'consumed', %s, %s, 14880, 'half_hours', %s, %s)",
            [plant.account_id, JANUARY, plant.metering_point_id, JANUARY, FEBRUARY, plant.res_id, book.source_id],
        )
        for day in range(31):
            session.execute(
                "INSERT INTO ops.interval_energy (account_id, booked_month, metering_point_id, channel, measured_on,"
                " half_hours, status, res_id, source_id) VALUES (%s, %s, %s, '01', %s, %s, %s, %s, %s)",
                [
                    plant.account_id, JANUARY, plant.metering_point_id, JANUARY + timedelta(days=day),
                    [Decimal(10)] * 48, [0] * 47 + [day % 2], plant.res_id, book.source_id,
                ],
            )  # fmt: skip
    bill = _explained(book, "U2")
    # 31 days x 16 half-hours of each zone x 10 kWh = 4960 kWh in each of night, peak and semi-peak
    assert {span.zone_code: span.energy_kwh for span in bill.spans} == {"night": 4960, "peak": 4960, "semi": 4960}
    assert {(span.energy_basis, span.not_commercial_count, span.closing) for span in bill.spans} == {
        ("half_hours", 15, None)
    }



def test_ordered_power_is_a_twelfth_of_its_yearly_price(settings: Settings) -> None:
    november, december = date(2016, 11, 1), date(2016, 12, 1)
    book = SmallBook(settings, first_month=november, res_codes=("SA01",))
    book.consumer(
        "U4", res="SA01", kind="legal", tariff="uz.legal_tou", since=november, ordered_power_kw=900,
        readings={november: 0, december: 1000},
    )  # fmt: skip
    bill = _explained(book, "U4", november)
    (power,) = [line.priced for line in bill.lines if line.priced.component == "power"]
    # 900 kW x 314 700 / 12 = 23 602 500
    assert power.charge_minor == 23_602_500 * SOUM
    assert any(words.startswith("Ordered power: 900 kW x 314700 a year / 12 = 23 602 500.00") for words in bill.in_words())


def test_a_bill_is_explained_by_what_was_known_when_it_was_posted(book: SmallBook) -> None:
    mill = book.consumer("U5", res="SA01", kind="legal", tariff="uz.legal", ratio=Decimal(40),
                         readings={JANUARY: 0, FEBRUARY: 2})  # fmt: skip
    before = _explained(book, "U5")
    with connect(book.settings, Role.LOADER) as session:
        session.execute("UPDATE ops.meter_installation SET known_to = now() WHERE meter_id = %s", [mill.meter_id])
        session.execute(
            "INSERT INTO ops.meter_installation (metering_point_id, meter_id, ratio, valid_from, source_id)"
            " VALUES (%s, %s, 60, %s, %s)",
            [mill.metering_point_id, mill.meter_id, JANUARY, book.source_id],
        )
    after = explain_bill(book.settings, "U5", JANUARY, by=ADMINISTRATOR)
    assert after == before
    assert after.spans[0].ratio == 40


@pytest.mark.requirement("A32", "E151")
def test_what_cannot_be_explained_is_said_in_a_sentence(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/7", res="SA01", readings={JANUARY: 0, date(2026, 1, 16): 10})
    create_user(
        book.settings, login="clerk", full_name="Clerk", group_code="billing_clerks", unit_code="SA02",
        by=ADMINISTRATOR,
    )  # fmt: skip
    with pytest.raises(Refusal, match="has no bill of 2026-01; it was never billed; run `wattbook bill` first"):
        explain_bill(book.settings, "SA01/1/7", JANUARY, by=ADMINISTRATOR)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.reading(consumer, FEBRUARY, 30)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    with pytest.raises(Refusal, match=r"has 2 bills of 2026-01; there are 1 \(normal\), 2 \(normal\); name one"):
        explain_bill(book.settings, "SA01/1/7", JANUARY, by=ADMINISTRATOR)
    # The second bill goes on where the first ended: 10 kWh are billed before its 20.
    second = explain_bill(book.settings, "SA01/1/7", JANUARY, 2, by=ADMINISTRATOR)
    assert second.in_words()[1] == "Before them 10 kWh of 2026-01 are billed or in line."
    with pytest.raises(Refusal, match='There is no account "SA01/1/7" among those you may see'):
        explain_bill(book.settings, "SA01/1/7", JANUARY, by="clerk")
    with pytest.raises(Refusal, match='There is no active user "nobody"'):
        explain_bill(book.settings, "SA01/1/7", JANUARY, by="nobody")
    with pytest.raises(Refusal, match="has no bill of 2026-03; its newest are of 2026-01"):
        explain_bill(book.settings, "SA01/1/7", MARCH, by=ADMINISTRATOR)
