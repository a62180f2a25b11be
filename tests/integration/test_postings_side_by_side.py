"""Two sessions post into one month at the same time: nothing is lost, nothing comes into a closed month."""

import threading
from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.preview import bill_anew
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
SOUM = 100


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))


class Beside:
    """An operation in a thread of its own, which is to wait for the session that started it."""

    def __init__(self, operation: Callable[[], object]) -> None:
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=[operation])
        self._thread.start()

    def _run(self, operation: Callable[[], object]) -> None:
        try:
            operation()
        except (Refusal, psycopg.Error) as failure:
            self.failure = failure

    def wait_until_it_waits(self, database: psycopg.Connection) -> None:
        """Return when the operation stands before a lock, or has ended without."""
        waiting = "SELECT 1 FROM pg_locks AS l WHERE NOT l.granted"
        while self._thread.is_alive() and database.execute(waiting).fetchone() is None:
            self._thread.join(0.01)

    def end(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


def _post_payment(session: psycopg.Connection, consumer: Consumer, amount_minor: int, source_id: int) -> None:
    session.execute(
        "CREATE TABLE work.paid AS SELECT 'bank' AS channel_code, 'R1' AS external_id, %s::bigint AS account_id,"
        " %s::date AS booked_month, NULL::bigint AS payment_package_id, %s::date AS paid_on,"
        " %s::bigint AS amount_minor, 'electricity' AS article_code, NULL::text AS payer_text,"
        " %s::integer AS res_id, %s::bigint AS source_id, 1 AS source_row",
        [consumer.account_id, JANUARY, JANUARY, amount_minor, consumer.res_id, source_id],
    )
    session.execute("GRANT SELECT ON work.paid TO wattbook_owner")
    session.execute("SELECT ops.post_payments('work.paid')")
    session.execute("DROP TABLE work.paid")


def test_a_payment_posted_during_the_first_bill_run_stays(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    with connect(book.settings, Role.LOADER) as session:
        _post_payment(session, consumer, 1_000 * SOUM, book.source_id)
        run = Beside(lambda: bill_month(book.settings, JANUARY, by=ADMINISTRATOR))
        run.wait_until_it_waits(database)
        session.commit()
    run.end()
    assert run.failure is None
    # 10 x 600 charged, 1,000 paid; the ledger holds both.
    assert database.execute(
        "SELECT document_kind, sum(amount_minor) FROM ops.ledger GROUP BY document_kind ORDER BY 1"
    ).fetchall() == [("bill", 6_000 * SOUM), ("payment", 1_000 * SOUM)]


def test_a_reading_entered_while_its_month_closes_waits_and_is_refused(
    book: SmallBook, database: psycopg.Connection
) -> None:
    consumer = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
    with connect(book.settings, Role.APP, user=ADMINISTRATOR) as session:
        session.execute("SELECT ops.close_month(%s, %s, %s)", [consumer.res_id, JANUARY, book.source_id])

        def enter() -> None:
            with refusals():
                book.reading(consumer, FEBRUARY, 10)

        entry = Beside(enter)
        entry.wait_until_it_waits(database)
        session.commit()
    entry.end()
    assert isinstance(entry.failure, Refusal)
    assert "Month 2026-01 is closed for SA01" in str(entry.failure)
    assert database.execute("SELECT count(*) FROM ops.reading WHERE NOT is_opening").fetchone() == (0,)


def test_a_close_waits_for_a_reading_that_is_being_entered(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0})
    with connect(book.settings, Role.LOADER) as session:
        session.execute(
            "INSERT INTO ops.reading (account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code,"
            " read_on, value_kwh, kind, res_id, source_id)"
            " VALUES (%s, %s, nextval('ops.reading_id_seq'), %s, %s, 'all', %s, 10, 'round', %s, %s)",
            [
                consumer.account_id, JANUARY, consumer.metering_point_id, consumer.meter_id, FEBRUARY, consumer.res_id,
                book.source_id,
            ],
        )  # fmt: skip
        close = Beside(lambda: close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR))
        close.wait_until_it_waits(database)
        session.commit()
    close.end()
    assert "1 readings of 2026-01 are neither billed nor set aside" in str(close.failure)


def test_two_runs_over_one_month_bill_it_once(book: SmallBook, database: psycopg.Connection) -> None:
    book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    runs = [Beside(lambda: bill_month(book.settings, JANUARY, by=ADMINISTRATOR)) for _ in range(3)]
    for run in runs:
        run.end()
    assert [run.failure for run in runs] == [None, None, None]
    assert database.execute("SELECT count(*), sum(charge_minor) FROM ops.bill").fetchone() == (1, 6_000 * SOUM)


@pytest.mark.requirement("E61")
def test_a_correction_asked_for_while_a_run_is_under_way_is_left_to_the_next_run(
    book: SmallBook, database: psycopg.Connection
) -> None:
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    bill_anew(book.settings, "SA01/1/1", JANUARY, "The first doubt", by=ADMINISTRATOR)
    with connect(book.settings, Role.OWNER) as session:
        # The run has taken what it corrects when it comes to write what it reverses.
        session.execute("LOCK TABLE ops.bill_line_reversal IN SHARE ROW EXCLUSIVE MODE")
        run = Beside(lambda: bill_month(book.settings, JANUARY, by=ADMINISTRATOR))
        run.wait_until_it_waits(database)
        bill_anew(book.settings, "SA01/1/1", JANUARY, "The second doubt", by=ADMINISTRATOR)
        session.commit()
    run.end()
    assert run.failure is None
    assert database.execute("SELECT reason FROM ops.open_amendment").fetchall() == [("The second doubt",)]
