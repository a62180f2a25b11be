"""A benefit granted back-dated where some months were billed by an estimate: those wait for a reading."""

import psycopg
import pytest

from operational_db.benefits.grants import end_benefit
from operational_db.metering.reading_estimates import estimate_readings
from operational_db.metering.readings import enter_reading
from operational_db.settings import Settings
from tests.benefit_desk import APRIL, MARCH, MAY, BenefitDesk
from tests.small_book import ADMINISTRATOR, Consumer

BY = {"by": ADMINISTRATOR}
# March: 310 kWh, 100 x 0.90 + 210 x 1.68 = 442.80; half of the first 160 kWh 95.40. April by average: 10 kWh a day,
# 300 kWh, 426.00. April as it was read: 70 kWh, 63.00, half of it 31.50.
MARCH_FULL, APRIL_FULL, READ_FULL, BENEFIT, READ_BENEFIT = 44280, 42600, 6300, 9540, 3150


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> BenefitDesk:
    return BenefitDesk(settings, database)


@pytest.fixture
def consumer(desk: BenefitDesk) -> Consumer:
    """Read for March; nobody came in April."""
    consumer = desk.consumer("100", 310)
    desk.bill(MARCH)
    estimate_readings(desk.settings, APRIL, place="100", **BY)
    desk.bill(APRIL)
    assert desk.bills(consumer, APRIL) == [(1, "by_average", 300, APRIL_FULL, 0)]
    return consumer


@pytest.mark.requirement("E60")
def test_a_back_dated_grant_recalculates_bills_from_readings_and_no_estimates(
    desk: BenefitDesk, consumer: Consumer
) -> None:
    desk.grant("100", "half", MARCH)
    desk.bill(APRIL)
    assert desk.bills(consumer, APRIL)[1:] == [
        (2, "benefit_reversing", -310, -MARCH_FULL, 0),
        (3, "benefit_correction", 310, MARCH_FULL, BENEFIT),
    ]
    assert desk.owes(consumer) == MARCH_FULL - BENEFIT + APRIL_FULL
    # Nothing more is asked for, and nothing waits.
    desk.bill(APRIL)
    assert len(desk.bills(consumer, APRIL)) == 3
    # The reading that comes at last gives April its right kWh, with the benefit of those days.
    enter_reading(desk.settings, "100", 1380, on=MAY, **BY)
    desk.bill(APRIL)
    assert desk.bills(consumer, APRIL)[3:] == [
        (4, "reversing", -300, -APRIL_FULL, 0),
        (5, "correction", 70, READ_FULL, READ_BENEFIT),
    ]
    assert desk.owes(consumer) == MARCH_FULL - BENEFIT + READ_FULL - READ_BENEFIT


@pytest.mark.requirement("E60")
def test_an_estimate_is_billed_with_the_benefit_of_its_time_and_keeps_it_when_that_is_ended_back_dated(
    desk: BenefitDesk,
) -> None:
    consumer = desk.consumer("100", 310)
    grant_no = desk.grant("100", "half", MARCH)
    desk.bill(MARCH)
    estimate_readings(desk.settings, APRIL, place="100", **BY)
    desk.bill(APRIL)
    assert desk.bills(consumer, APRIL) == [(1, "by_average", 300, APRIL_FULL, BENEFIT)]
    end_benefit(desk.settings, grant_no, on=APRIL, **BY)
    desk.bill(APRIL)
    assert len(desk.bills(consumer, APRIL)) == 1
    assert desk.owes(consumer) == MARCH_FULL + APRIL_FULL - 2 * BENEFIT
