"""Closing a month: what of its money stands in the way, and whether closed months are what they were."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_checks, close_month, closes_in_doubt
from operational_db.billing.unwinding import unwind_credits
from operational_db.connections import connect_as_admin
from operational_db.debt.penalties import charge_penalties
from operational_db.metering.reading_decisions import release_reading
from operational_db.payments.packages import ToldPayment, post_package
from operational_db.payments.services import bill_service, set_service_price
from operational_db.refusal import Refusal
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.cash_desk import BY, SOUM, CashDesk

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
TENTH = date(2026, 1, 10)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    desk = CashDesk(settings, database, first_month=JANUARY)
    karimov = desk.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100})
    desk.book.reading(karimov, MARCH, 1150)
    desk.consumer("SA02/1/1")
    bill_month(settings, JANUARY, **BY)
    return desk


def _obstacles(desk: CashDesk, month: date) -> dict[str, tuple[str, ...]]:
    return {check.res_code: check.obstacles for check in close_checks(desk.settings, month, **BY)}


@pytest.mark.requirement("E150", "E155")
def test_a_package_that_is_not_posted_holds_the_month_of_its_res_and_no_other(desk: CashDesk) -> None:
    desk.package("R-17", [ToldPayment("SA01/1/1", 20_000 * SOUM, "1")], on=TENTH)
    assert _obstacles(desk, JANUARY) == {
        "SA01": (
            (
                "SA01: 1 packages of payments are entered and not posted, the first of them R-17; post or discard "
                "them (`wattbook payments package post`, `discard`)."
            ),
        ),
        "SA02": (),
    }
    with pytest.raises(Refusal, match="cannot be closed. SA01: 1 packages of payments"):
        close_month(desk.settings, JANUARY, unit_code="SA01", **BY)
    close_month(desk.settings, JANUARY, unit_code="SA02", **BY)
    post_package(desk.settings, "R-17", **BY)
    assert [one.res_code for one in close_month(desk.settings, JANUARY, unit_code="SA01", **BY)] == ["SA01"]


def _february_with_every_document(desk: CashDesk) -> None:
    """Karimov's February has a bill, a payment, a service, a penalty and an unwound credit of another account."""
    desk.book.consumer("SA01/1/2", res="SA01", readings={FEBRUARY: 0})
    close_month(desk.settings, JANUARY, **BY)
    bill_month(desk.settings, FEBRUARY, **BY)
    desk.paid("SA01/1/1", 20_000, on=date(2026, 2, 5), channel_id="1")
    desk.paid("SA01/1/2", 90_000, on=date(2026, 2, 5), channel_id="2")
    vat = Decimal("0.12")
    set_service_price(
        desk.settings, "reconnection", 45_000 * SOUM, vat_rate=vat, since=JANUARY, meaning="Reconnection", **BY
    )
    bill_service(desk.settings, "SA01/1/1", "reconnection", done_on=date(2026, 2, 6), **BY)
    # January's 60,000 less 20,000 are due by 10 February: 18 days late at the end of the month.
    assert charge_penalties(desk.settings, FEBRUARY, account_no="SA01/1/1", **BY).charged_minor > 0
    assert unwind_credits(desk.settings, FEBRUARY, account_no="SA01/1/2", **BY).account_count == 1
    assert _obstacles(desk, FEBRUARY)["SA01"] == ()


@pytest.mark.requirement("E150")
@pytest.mark.parametrize("kind", ["bill", "payment", "service", "penalty"])
def test_a_document_and_its_ledger_entries_are_compared_both_ways(desk: CashDesk, kind: str) -> None:
    _february_with_every_document(desk)
    many = 2 if kind == "payment" else 1
    sentence = f'SA01: {many} documents of kind "{kind}" differ from the ledger, the first of account SA01/1/1; '
    table = "ops.service_bill" if kind == "service" else f"ops.{kind}"
    february = "booked_month = '2026-02-01'"
    sides = "debit_code = credit_code, credit_code = debit_code"
    away = "debit_code = '5110', credit_code = '9030'"
    for spoilt in (
        # The same sum on the wrong sides: it moves the consumer the other way.
        f"UPDATE ops.ledger SET {sides} WHERE document_kind = '{kind}' AND {february}",
        # And away from the consumer: revenue stays revenue, and what he owes stays as it was.
        f"UPDATE ops.ledger SET {away} WHERE document_kind = '{kind}' AND {february}",
        f"DELETE FROM ops.ledger WHERE document_kind = '{kind}' AND {february}",
        f"UPDATE ops.ledger SET amount_minor = amount_minor - 1 WHERE document_kind = '{kind}' AND {february}",
        f"DELETE FROM {table} WHERE {february}",
    ):
        with _past_the_book_for_a_while(desk, spoilt) as obstacles:
            assert [told for told in obstacles if told.startswith(sentence)], (spoilt, obstacles)
    assert _obstacles(desk, FEBRUARY)["SA01"] == ()


@pytest.mark.requirement("E150", "A67", "A68")
def test_an_entry_that_no_document_stands_behind_or_of_another_res_stands_in_the_way(desk: CashDesk) -> None:
    desk.paid("SA01/1/1", 20_000, on=TENTH, channel_id="1")
    desk.paid("SA02/1/1", 7_000, on=TENTH, channel_id="2")
    _past_the_book(desk, "UPDATE ops.ledger SET document_kind = 'gift' WHERE amount_minor = 2000000")
    assert [told.partition(" differ")[0] for told in _obstacles(desk, JANUARY)["SA01"]] == [
        'SA01: 1 documents of kind "gift"',
        'SA01: 1 documents of kind "payment"',
    ]
    # Money of an account of SA02 in the totals of SA01, together with its document.
    for table in ("ledger", "payment"):
        _past_the_book(
            desk,
            f"UPDATE ops.{table} SET res_id = {desk.book.res_ids['SA01']} WHERE amount_minor = 700000",
        )
    assert _obstacles(desk, JANUARY)["SA01"][-1] == (
        "SA01: 1 ledger entries are of accounts of another RES, the first of account SA02/1/1, so that totals by "
        "ledger account are not the sum of its accounts; report it with the output of `wattbook doctor`."
    )


@pytest.mark.requirement("E150", "E159")
def test_readings_in_quarantine_and_first_readings_are_told_and_hold_up_nothing(desk: CashDesk) -> None:
    doubtful = desk.book.consumer("SA02/1/2", res="SA02", readings={JANUARY: 0})
    desk.book.event(desk.book.reading(doubtful, FEBRUARY, 9000), "quarantined")
    first = desk.book.consumer("SA02/1/3", res="SA02", readings={})
    desk.book.reading(first, date(2026, 1, 20), 500)
    checks = {check.res_code: check for check in close_checks(desk.settings, JANUARY, **BY)}
    assert checks["SA01"].notes == ()
    assert checks["SA02"].obstacles == ()
    assert checks["SA02"].notes == (
        (
            "SA02: 1 readings of 2026-01 stand in quarantine, the first of them of SA02/1/2#1; what is released after "
            "the close is billed in the next month (`wattbook readings quarantine`, `release`, `cancel`)."
        ),
        (
            "SA02: 1 readings of 2026-01 are the first of their scale, the first of account SA02/1/3; energy is "
            "counted from them, and what was used before is not measured (`wattbook unbilled`)."
        ),
    )
    close_month(desk.settings, JANUARY, **BY)
    # Released after the close, the reading is billed in February: 9,000 kWh of January, at the steps of its month.
    release_reading(desk.settings, "SA02/1/2", on=FEBRUARY, reason="Seen: electric heating", **BY)
    run = bill_month(desk.settings, FEBRUARY, unit_code="SA02", **BY)
    assert (run.bill_count, run.energy_kwh) == (1, 9000)


@pytest.mark.requirement("E150")
@pytest.mark.parametrize("column", ["debit_code = '4019'", "article_code = 'heating'"])
def test_an_entry_on_an_account_or_article_that_no_chart_has_stands_in_the_way(desk: CashDesk, column: str) -> None:
    desk.paid("SA01/1/1", 20_000, on=TENTH, channel_id="1")
    _past_the_book(desk, f"UPDATE ops.ledger SET {column} WHERE document_kind = 'payment'")
    (told,) = _obstacles(desk, JANUARY)["SA01"]
    assert told.startswith(
        "SA01: 1 ledger entries stand on accounts or articles that no chart has, the first of account SA01/1/1"
    )


@pytest.mark.requirement("E150")
@pytest.mark.parametrize(
    "spoilt",
    [
        "UPDATE ops.bill_line SET energy_kwh = energy_kwh + 1",
        "UPDATE ops.payment SET paid_on = paid_on + 1",
        "UPDATE ops.service_bill SET note = 'Another flat'",
        "UPDATE ops.penalty SET day_to = day_to + 1",
        "UPDATE ops.prepaid_energy SET energy_kwh = energy_kwh + 1",
        "UPDATE ops.ledger SET posted_on = posted_on + 1",
    ],
)
def test_the_hash_of_a_close_covers_every_kind_of_posted_row(desk: CashDesk, spoilt: str) -> None:
    _february_with_every_document(desk)
    close_month(desk.settings, FEBRUARY, **BY)
    assert closes_in_doubt(desk.settings, **BY) == []
    _past_the_book(desk, f"{spoilt} WHERE booked_month = '2026-02-01'")
    (doubt,) = closes_in_doubt(desk.settings, **BY)
    assert (doubt.res_code, doubt.month) == ("SA01", FEBRUARY)
    assert doubt.doubt.startswith("its rows are not those that were closed")


@pytest.mark.requirement("E150")
def test_figures_of_a_close_that_somebody_changed_are_named(desk: CashDesk) -> None:
    close_month(desk.settings, JANUARY, **BY)
    # 100 kWh of January cost 100 x 600 = 60,000; no row was changed, but the close says 50,000.
    _past_the_book(desk, "UPDATE ops.period_close SET charge_minor = 5000000 WHERE charge_minor = 6000000")
    (doubt,) = closes_in_doubt(desk.settings, **BY)
    assert (doubt.res_code, doubt.doubt) == ("SA01", "charged coins 6000000 now and 5000000 then")


@pytest.mark.requirement("E150")
def test_a_closed_month_that_was_changed_past_the_book_is_named_with_what_differs(desk: CashDesk) -> None:
    close_month(desk.settings, JANUARY, **BY)
    bill_month(desk.settings, FEBRUARY, **BY)
    close_month(desk.settings, FEBRUARY, **BY)
    assert closes_in_doubt(desk.settings, **BY) == []
    # 100 kWh of January cost 60,000; somebody makes it 50,000 and covers it up neither in lines nor in the ledger.
    _past_the_book(desk, "UPDATE ops.bill SET charge_minor = 5000000 WHERE booked_month = '2026-01-01'")
    (doubt,) = closes_in_doubt(desk.settings, **BY)
    assert (doubt.res_code, doubt.month, doubt.doubt) == (
        "SA01", JANUARY,
        "its rows are not those that were closed; charged coins 5000000 now and 6000000 then",
    )  # fmt: skip
    # Whoever covers it up in the close as well breaks the chain.
    _past_the_book(
        desk,
        "UPDATE ops.period_close SET charge_minor = 5000000,"
        " content_hash = ops.period_content_hash(res_id, booked_month)"
        " WHERE booked_month = '2026-01-01' AND charge_minor = 6000000",
    )
    assert {(one.res_code, one.month, one.doubt) for one in closes_in_doubt(desk.settings, **BY)} == {
        ("SA01", JANUARY, "its hash is not chained to the close before")
    }
    assert closes_in_doubt(desk.settings, unit_code="SA02", **BY) == []


@pytest.mark.requirement("E150")
def test_the_command_line_says_where_nothing_stands_in_the_way_and_verifies_what_is_closed(
    desk: CashDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, value in desk.settings.as_environment().items():
        assert name.startswith(ENVIRONMENT_PREFIX)
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, arguments)
        told = capsys.readouterr()
        return status, told.out, told.err

    desk.package("R-17", [ToldPayment("SA01/1/1", 20_000 * SOUM, "1")], on=TENTH)
    status, out, err = run("close", "--month", "2026-01", "--check")
    assert (status, out) == (1, "Nothing stands in the way at 1 RES: SA02.\n")
    assert "the first of them R-17" in err
    status, out, _ = run("close", "--month", "2026-01", "--check", "--json")
    assert status == 1
    assert [one["res_code"] for one in json.loads(out)["checks"] if not one["obstacles"]] == ["SA02"]
    post_package(desk.settings, "R-17", **BY)
    assert run("close", "--month", "2026-01", "--check")[1] == (
        "Nothing stands in the way of closing 2026-01 at 2 RES.\n"
    )
    assert run("close", "--month", "2026-01")[0] == 0
    assert run("verify-closed")[:2] == (0, "All closed months are what they were when they were closed.\n")
    _past_the_book(desk, "DELETE FROM ops.bill WHERE booked_month = '2026-01-01'")
    status, _, err = run("verify-closed", "--unit", "SA01")
    assert status == 1
    assert "2026-01 of SA01: its rows are not those that were closed; bills 0 now and 1 then" in err


def test_what_a_close_asks_is_planned_for_its_own_month(database: psycopg.Connection) -> None:
    # A plan for any month expects the rows of all months, and reads the accounts of all RES for those of one.
    planned = dict(
        database.execute(
            "SELECT p.proname, coalesce(p.proconfig::text LIKE '%plan_cache_mode=force_custom_plan%', false)"
            " FROM pg_proc AS p WHERE p.pronamespace = 'ops'::regnamespace"
            " AND p.proname IN ('close_month', 'close_notes', 'close_obstacles', 'close_obstacles_of_money',"
            " 'period_content_hash')"
        ).fetchall()
    )
    assert (len(planned), set(planned.values())) == (5, {True})


def _past_the_book(desk: CashDesk, statement: str) -> None:
    """What only the owner of the machine can do: change posted rows with the guards switched off."""
    with connect_as_admin(desk.settings) as session:
        session.execute("SET session_replication_role = replica")
        session.execute(statement)


@contextmanager
def _past_the_book_for_a_while(desk: CashDesk, statement: str) -> Iterator[tuple[str, ...]]:
    """What stands in the way of SA01's February while a statement past the book holds; it is taken back after."""
    with connect_as_admin(desk.settings) as session:
        session.execute("SET session_replication_role = replica")
        session.execute(statement)
        yield tuple(
            told
            for (told,) in session.execute(
                "SELECT o.obstacle FROM ops.close_obstacles(ops.find_unit('SA01'), '2026-02-01') AS o"
            ).fetchall()
        )
        session.rollback()
