"""A billed consumption that is wrong though the reading is right: adjusted for a reason, by a pair of bills."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from dashboards.bills.page import render_page
from dashboards.bills.words import BillWords
from operational_db.access.commands import create_user
from operational_db.accounting.reconciliation import reconcile_account
from operational_db.billing.adjustments import adjust_consumption
from operational_db.billing.commands import bill_month, close_month, close_obstacles, closes_in_doubt
from operational_db.billing.explanation import explain_bill
from operational_db.metering.reading_decisions import cancel_reading
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SOUM = 100
KARIMOV = "SA01/1/1"
WHY = "The rest went to the neighbour's line"


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))


@pytest.fixture
def karimov(book: SmallBook) -> Consumer:
    """His January was billed: 300 kWh, 200 x 600 + 100 x 800 = 200 000; the month is closed."""
    consumer = book.consumer(KARIMOV, res="SA01", readings={JANUARY: 1000, FEBRUARY: 1300})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    close_month(book.settings, JANUARY, by=ADMINISTRATOR)
    return consumer


def _adjust(book: SmallBook, kwh: int | str, *, on: date = FEBRUARY, **more: object):  # noqa: ANN202
    return adjust_consumption(
        book.settings, KARIMOV, Decimal(kwh), on=on, **{"reason": WHY, "by": ADMINISTRATOR, **more}
    )  # fmt: skip


def _bills(database: psycopg.Connection, month: date) -> list[tuple]:
    return database.execute(
        "SELECT kind, energy_kwh, charge_minor FROM ops.bill WHERE booked_month = %s ORDER BY bill_no", [month]
    ).fetchall()


def _owed(database: psycopg.Connection, consumer: Consumer) -> int:
    return database.execute("SELECT ops.account_balance_minor(%s)::bigint", [consumer.account_id]).fetchone()[0] // SOUM


@pytest.mark.requirement("E107", "E117", "E61")
def test_a_billed_month_is_reversed_and_made_right_in_the_open_one(
    book: SmallBook, database: psycopg.Connection, karimov: Consumer
) -> None:
    tried = _adjust(book, 150, dry_run=True)
    assert database.execute("SELECT count(*) FROM ops.consumption_adjustment").fetchone()[0] == 0
    done = _adjust(book, 150)
    assert (done.used_from, done.counted_kwh, done.adjusted_before_kwh, done.adjusted_kwh) == (JANUARY, 300, 0, -150)
    assert (tried.adjusted_kwh, done.right_kwh) == (-150, 150)
    book.reading(karimov, MARCH, 1400)
    obstacles = close_obstacles(book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert [told for told in obstacles if "1 corrections of billed months wait" in told]
    run = bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    # January: 150 x 600 = 90 000 in place of 200 000; February: 100 x 600 = 60 000.
    assert _bills(database, FEBRUARY) == [
        ("reversing", -300, -200_000 * SOUM),
        ("correction", 150, 90_000 * SOUM),
        ("normal", 100, 60_000 * SOUM),
    ]
    # -200 000 + 90 000 + 60 000
    assert (run.corrected_account_count, run.correction_minor) == (1, -50_000 * SOUM)
    assert _owed(database, karimov) == 150_000
    assert closes_in_doubt(book.settings, by=ADMINISTRATOR) == []
    # The readings stand as they were read, and a second run has nothing to do.
    assert [row[0] for row in database.execute("SELECT value_kwh FROM ops.reading ORDER BY read_on").fetchall()] == [
        1000, 1300, 1400
    ]  # fmt: skip
    assert bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR).bill_count == 0


@pytest.mark.requirement("E107", "E117")
def test_the_bill_and_the_statement_say_what_was_adjusted_and_why(book: SmallBook, karimov: Consumer) -> None:
    _adjust(book, 150)
    book.reading(karimov, MARCH, 1400)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    reversing, right = (
        explain_bill(book.settings, KARIMOV, FEBRUARY, bill_no=number, by=ADMINISTRATOR) for number in (1, 2)
    )
    assert "300 x 1 = 300 kWh; adjusted by -150 = 150 kWh." in " ".join(right.in_words())
    # What is taken back is told as it stood then.
    assert "; adjusted by" not in " ".join(reversing.in_words())
    reasons = [
        line.reason for line in reconcile_account(book.settings, KARIMOV, by=ADMINISTRATOR).lines
        if line.kind == "correction"
    ]  # fmt: skip
    assert reasons == [f"Consumption up to 2026-02-01 was adjusted by -150 kWh: {WHY}"]
    page = render_page([right], BillWords("ru"), MARCH)
    assert f"Расход до 01.02.2026 исправлен на -150 кВт·ч: {WHY}" in page.replace("\u2212", "-").replace("&#39;", "'")
    assert "исправлено на" in page


@pytest.mark.requirement("E117")
def test_what_was_adjusted_can_be_adjusted_again(
    book: SmallBook, database: psycopg.Connection, karimov: Consumer
) -> None:
    _adjust(book, 150)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    close_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    done = _adjust(book, "320.5")
    assert (done.counted_kwh, done.adjusted_before_kwh, done.adjusted_kwh) == (300, -150, Decimal("170.5"))
    bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    # 200 x 600 + 120.5 x 800 = 120 000 + 96 400
    assert _bills(database, MARCH) == [
        ("reversing", -150, -90_000 * SOUM),
        ("correction", Decimal("320.5"), 216_400 * SOUM),
    ]
    assert _owed(database, karimov) == 216_400


@pytest.mark.requirement("E117")
def test_an_adjustment_stays_with_its_days_when_the_reading_is_cancelled(
    book: SmallBook, database: psycopg.Connection, karimov: Consumer
) -> None:
    _adjust(book, 250)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    cancel_reading(book.settings, KARIMOV, on=FEBRUARY, reason="Read on the neighbour's meter", by=ADMINISTRATOR)
    book.reading(karimov, MARCH, 1400)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    # Counted 1400 - 1000 = 400 over January and February, less the 50 that were adjusted.
    total = database.execute("SELECT sum(energy_kwh) FROM ops.bill").fetchone()[0]
    assert total == 350


def test_a_span_that_would_have_less_than_nothing_is_left_and_holds_the_month(
    book: SmallBook, database: psycopg.Connection, karimov: Consumer
) -> None:
    _adjust(book, 0)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert _owed(database, karimov) == 0
    cancel_reading(book.settings, KARIMOV, on=FEBRUARY, reason="A slip", by=ADMINISTRATOR)
    book.reading(karimov, FEBRUARY, 1100, booked_month=FEBRUARY)
    run = bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    # 100 counted, 300 taken off: nobody can say what was used until the adjustment is mended.
    assert run.unbilled_span_count == 1
    assert close_obstacles(book.settings, FEBRUARY, by=ADMINISTRATOR)


@pytest.mark.requirement("E117")
def test_an_estimate_after_an_estimate_is_adjusted_from_where_its_bill_begins(
    book: SmallBook, database: psycopg.Connection
) -> None:
    consumer = book.consumer(KARIMOV, res="SA01", readings={JANUARY: 1000})
    book.reading(consumer, FEBRUARY, 1100, kind="average")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    close_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.reading(consumer, MARCH, 1200, kind="average")
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    done = _adjust(book, 150, on=MARCH)
    assert (done.used_from, done.counted_kwh, done.adjusted_kwh) == (FEBRUARY, 100, 50)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert database.execute("SELECT sum(energy_kwh) FROM ops.bill").fetchone()[0] == 100 + 150


@pytest.mark.requirement("E117")
def test_what_cannot_be_adjusted_is_refused_with_a_sentence(
    book: SmallBook, database: psycopg.Connection, karimov: Consumer
) -> None:
    book.reading(karimov, MARCH, 1400)
    for asked, sentence in (
        ({"kwh": 50, "on": MARCH}, "is not billed, so there is nothing to adjust; correct the reading itself"),
        ({"kwh": 300}, "300 kWh up to 2026-02-01 is what stands already"),
        ({"kwh": -1}, "-1 kWh cannot have been used"),
        ({"kwh": 50, "reason": " "}, "corrected for a reason"),
        ({"kwh": 50, "on": date(2026, 2, 7)}, "No reading of SA01/1/1 that counts stands on 2026-02-07"),
        ({"kwh": 50, "on": JANUARY}, "No reading of SA01/1/1 that counts stands on 2026-01-01"),
    ):
        with pytest.raises(Refusal, match=sentence):
            _adjust(book, asked.pop("kwh"), **asked)
    create_user(
        book.settings, login="reader", full_name="A Reader", group_code="management", unit_code="SA01", by=ADMINISTRATOR
    )
    with pytest.raises(Refusal, match="right"):
        _adjust(book, 50, by="reader")
    assert database.execute("SELECT count(*) FROM ops.consumption_adjustment").fetchone()[0] == 0
