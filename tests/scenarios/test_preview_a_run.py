"""A run is tried, looked at, approved by somebody with the right, and posts just what was approved."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.preview import approve_run, bill_anew, left_unbilled, preview_month
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SOUM = 100
FIRST_VALUE = (
    "It is the first value of this scale here: energy is counted from it, and what was used before is not measured."
)


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    for login, group in (("clerk", "billing_clerks"), ("manager", "billing_managers")):
        create_user(settings, login=login, full_name=login, group_code=group, unit_code="SA01", by=ADMINISTRATOR)
    return book


def test_a_clerk_previews_a_manager_approves_and_the_clerk_posts(book: SmallBook, database: psycopg.Connection) -> None:
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 250})
    with pytest.raises(Refusal, match="would post 1 bills of 250 kWh .* nobody has approved these figures"):
        bill_month(book.settings, JANUARY, by="clerk", unit_code="SA01")
    tried = preview_month(book.settings, JANUARY, by="clerk", unit_code="SA01")
    # 250 kWh: 200 x 600 + 50 x 800
    assert (tried.bill_count, tried.energy_kwh, tried.charge_minor) == (1, 250, 160_000 * SOUM)
    assert database.execute("SELECT count(*) FROM ops.bill").fetchone() == (0,)
    with pytest.raises(Refusal, match='does not hold the right "approve_bills" for SA01'):
        approve_run(book.settings, tried.preview_id, by="clerk")
    approve_run(book.settings, tried.preview_id, by="manager")
    with pytest.raises(Refusal, match=f"Preview {tried.preview_id} is approved already"):
        approve_run(book.settings, tried.preview_id, by="manager")
    run = bill_month(book.settings, JANUARY, by="clerk", unit_code="SA01")
    assert (run.bill_count, run.charge_minor) == (1, 160_000 * SOUM)


def test_what_came_after_the_approval_is_not_approved(book: SmallBook) -> None:
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 250})
    approve_run(
        book.settings, preview_month(book.settings, JANUARY, by="clerk", unit_code="SA01").preview_id, by="manager"
    )
    book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    with pytest.raises(Refusal, match="would post 2 bills of 260 kWh"):
        bill_month(book.settings, JANUARY, by="clerk", unit_code="SA01")
    # One account at the counter needs no approval.
    assert bill_month(book.settings, JANUARY, by="clerk", account_no="SA01/1/2").bill_count == 1


def test_the_preview_shows_what_stands_out(book: SmallBook, database: psycopg.Connection) -> None:
    usual = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    away = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    heating = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    corrected = book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0})
    slip = book.reading(corrected, FEBRUARY, 900)
    bill_month(book.settings, JANUARY, by="manager", unit_code="SA01")
    close_month(book.settings, JANUARY, by="manager", unit_code="SA01")
    book.event(slip, "cancelled")
    for consumer, value in ((usual, 200), (away, 100), (heating, 600), (corrected, 90)):
        book.reading(consumer, MARCH, value)
    tried = preview_month(book.settings, FEBRUARY, by="clerk", unit_code="SA01")
    # SA01/1/4: 900 kWh in January for 200 x 600 + 300 x 800 + 400 x 1000 = 760 000 are taken back; 90 kWh over 59 days
    # are 47.288136 in January and 42.711864 in February, 28 372.88 + 25 627.12 = 54 000 in all.
    assert [(o.account_no, o.reason, o.energy_kwh, o.usual_kwh, o.charge_minor) for o in tried.outliers] == [
        ("SA01/1/4", "negative", -810, 900, -706_000 * SOUM),
        ("SA01/1/3", "several_times", 500, 100, 360_000 * SOUM),  # 200 x 600 + 300 x 800
        ("SA01/1/2", "zero", 0, 100, 0),
    ]
    approve_run(book.settings, tried.preview_id, by="manager")
    run = bill_month(book.settings, FEBRUARY, by="clerk", unit_code="SA01")
    assert (run.bill_count, run.energy_kwh, run.charge_minor) == (
        tried.bill_count, tried.energy_kwh, tried.charge_minor,
    )  # fmt: skip
    assert database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'work'").fetchone() == (0,)


def test_each_reading_left_unbilled_says_why(book: SmallBook, database: psycopg.Connection) -> None:
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    unopened = book.consumer("SA01/1/2", res="SA01", readings={})
    book.reading(unopened, FEBRUARY, 50)
    no_tariff = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0, FEBRUARY: 31})
    database.execute(
        "UPDATE ops.metering_point_tariff SET valid_to = '2026-01-11' WHERE metering_point_id = %s",
        [no_tariff.metering_point_id],
    )
    doubtful = book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0})
    book.event(book.reading(doubtful, FEBRUARY, 9999), "quarantined", "Fifty times the usual month.")
    bill_month(book.settings, JANUARY, by="manager", unit_code="SA01")
    assert [(u.account_no, u.value_kwh, u.reason) for u in left_unbilled(book.settings, JANUARY, by="clerk")] == [
        (
            "SA01/1/2",
            50,
            FIRST_VALUE,
        ),
        (
            "SA01/1/3",
            31,
            "No price is in force on 21 of the 31 days since 2026-01-01; give the point a tariff for them.",
        ),
        ("SA01/1/4", 9999, "Fifty times the usual month."),
    ]


def test_an_account_is_billed_anew_when_a_fact_was_corrected(book: SmallBook, database: psycopg.Connection) -> None:
    mill = book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    bill_month(book.settings, JANUARY, by="manager", unit_code="SA01")
    database.execute(
        "UPDATE ops.metering_point_tariff SET tariff_code = 'uz.legal' WHERE metering_point_id = %s",
        [mill.metering_point_id],
    )
    with pytest.raises(Refusal, match="Nothing of the account is billed from 2026-02-01 on"):
        bill_anew(book.settings, "SA01/1/5", FEBRUARY, "It is a mill.", by="clerk")
    assert bill_anew(book.settings, "SA01/1/5", JANUARY, "It is a mill.", by="clerk") == 1
    run = bill_month(book.settings, JANUARY, by="clerk", account_no="SA01/1/5")
    # 100 kWh at 600 taken back, at 1000 billed.
    assert (run.energy_kwh, run.charge_minor) == (Decimal(0), 40_000 * SOUM)
