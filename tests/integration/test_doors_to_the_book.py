"""Who and what may post into a month: rights asked by the procedures themselves, closed months, nothing forgotten."""

import re
from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month, close_obstacles, closes_in_doubt
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import REFUSED_SQLSTATE, refusals
from operational_db.settings import REPOSITORY_DIR, Settings
from tests.closed_book import ClosedBook, PostedTable
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

DECEMBER, JANUARY, FEBRUARY, MARCH = date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))


def _measure(book: SmallBook, consumer: Consumer, energy_kwh: int) -> None:
    with connect(book.settings, Role.LOADER) as session, refusals():
        session.execute(
            "INSERT INTO ops.measured_energy (account_id, booked_month, metering_point_id, direction, span_from,"
            " span_to, energy_kwh, kind, res_id, source_id)"
            " VALUES (%s, %s, %s, 'consumed', %s, %s, %s, 'half_hours', %s, %s)",
            [
                consumer.account_id, JANUARY, consumer.metering_point_id, JANUARY, FEBRUARY, energy_kwh,
                consumer.res_id, book.source_id,
            ],
        )  # fmt: skip


@pytest.mark.requirement("A32", "B31", "E151")
def test_the_procedures_ask_for_the_right_themselves(book: SmallBook) -> None:
    consumer = book.consumer("SA02/1/1", res="SA02", readings={JANUARY: 0, FEBRUARY: 10})
    create_user(
        book.settings, login="clerk", full_name="Clerk of SA01", group_code="billing_clerks", unit_code="SA01",
        by=ADMINISTRATOR,
    )  # fmt: skip
    for statement, right in (
        ("SELECT * FROM ops.post_bills(%(month)s, %(res)s, NULL, %(source)s, 0)", "bill"),
        ("SELECT * FROM ops.post_bills(%(month)s, NULL, %(account)s, %(source)s, 0)", "bill"),
        ("SELECT ops.close_month(%(res)s, %(month)s, %(source)s)", "close"),
    ):
        keys = {
            "month": JANUARY, "res": consumer.res_id, "account": consumer.account_id, "source": book.source_id,
        }  # fmt: skip
        with (
            connect(book.settings, Role.APP, user="clerk") as session,
            pytest.raises(Refusal, match=f'does not hold the right "{right}" for SA02'),
            refusals(),
        ):
            session.execute(statement, keys)


@pytest.mark.parametrize("role", [Role.APP, Role.LOADER, Role.DBT, Role.READER, Role.WEB])
def test_no_role_writes_money_past_the_procedures(book: SmallBook, role: Role) -> None:
    for table in ("bill", "bill_line", "ledger", "payment", "billed_days", "period_close", "billing_period"):
        with connect(book.settings, role, user=ADMINISTRATOR) as session:
            may = "SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'UPDATE')"
            assert session.execute(may, [f"ops.{table}"] * 2).fetchone() == (False, False), table


@pytest.mark.requirement("E150")
def test_no_reading_and_no_energy_comes_into_a_closed_month(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
    close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    with pytest.raises(Refusal, match="Month 2026-01 is closed for SA01"), refusals():
        book.reading(consumer, FEBRUARY, 10)
    with pytest.raises(Refusal, match="Month 2026-01 is closed for SA01"):
        _measure(book, consumer, 10)


@pytest.mark.requirement("E150")
def test_a_month_before_a_closed_one_is_not_opened_any_more(book: SmallBook) -> None:
    close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    refused = pytest.raises(Refusal, match="Month 2025-12 cannot be opened for SA01, where a later month is closed")
    with refused, refusals():
        book.open(DECEMBER)


def test_energy_told_as_such_that_no_tariff_prices_stands_in_the_way_of_a_close(
    book: SmallBook, database: psycopg.Connection
) -> None:
    mill = book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal", readings={JANUARY: 0})
    _measure(book, mill, 500)
    database.execute("UPDATE ops.metering_point_tariff SET valid_from = %s", [FEBRUARY])
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.unbilled_span_count) == (0, 1)
    with pytest.raises(Refusal, match="1 half-hour, declared, gap or estimated spans of 2026-01 is not billed"):
        close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    database.execute("UPDATE ops.metering_point_tariff SET valid_from = %s", [JANUARY])
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).energy_kwh == 500
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR) == []


def test_readings_without_a_beginning_are_counted_as_left_out(book: SmallBook, database: psycopg.Connection) -> None:
    # One has none before it, one stands on the day of another, one was read after the meter had gone.
    orphan = book.consumer("SA01/1/3", res="SA01", readings={})
    book.reading(orphan, FEBRUARY, 10)
    twice = book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    book.reading(twice, FEBRUARY, 12)
    gone = book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    database.execute("UPDATE ops.meter_installation SET valid_to = '2026-01-15' WHERE meter_id = %s", [gone.meter_id])
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.energy_kwh, run.unbilled_span_count) == (1, 10, 3)


def test_a_meter_removed_after_a_month_without_reading_and_hung_again_is_billed_to_its_removal(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # Read on 1 February, not on 1 March; removed on 11 March, hung again and opened on 21 March.
    book.open(FEBRUARY)
    book.open(MARCH)
    consumer = book.consumer("SA01/1/6", res="SA01", readings={JANUARY: 0, FEBRUARY: 31})
    book.reading(consumer, date(2026, 3, 11), 69)
    book.reading(consumer, date(2026, 3, 21), 0, is_opening=True)
    book.reading(consumer, date(2026, 4, 1), 11)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    run = bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    # 69 - 31 until the removal, 11 after it.
    assert (run.energy_kwh, run.unbilled_span_count) == (49, 0)
    assert database.execute("SELECT sum(bit_count(day_mask)) FROM ops.billed_days").fetchone() == (31 + 28 + 10 + 11,)


# Tables whose rows name a closed month and are no part of it.
ABOUT_A_MONTH = {
    "bill_line_reversal": "names the line that a bill of the open month takes back",
    "bill_run": "tells of a run",
    "bill_run_preview": "tells of a run that was tried",
    "grid_energy": "the network is no part of what a RES closes",
    "grid_interval_energy": "the network is no part of what a RES closes",
    "grid_meter_reading": "the network is no part of what a RES closes",
    "measured_energy_event": "what becomes of energy that was told: bills of the open month follow",
    "meter_operation_gap": "names energy that an operation brought",
    "meter_operation_reading": "names a reading that an operation brought",
    "payment_reversal": "names the payment that one of the open month takes back",
    "penalty_reversal": "names the line that one of the open month takes back",
    "period_close": "is the close itself, one a RES and month",
    "reading_event": "what becomes of a reading: bills of the open month follow",
}

REFUSED = ("42501", REFUSED_SQLSTATE, "0A000")
"""No privilege, a guard's own sentence, or COPY into a table whose rows are seen by RES."""


@pytest.fixture
def closed(settings: Settings, database: psycopg.Connection) -> ClosedBook:
    return ClosedBook(settings, database)


def _tried(session: psycopg.Connection, door: Callable[[psycopg.Cursor], None]) -> str | None:
    """Why a door did not keep somebody out; None where it did, or where there was nothing behind it."""
    try:
        with session.transaction(), session.cursor() as cursor:
            door(cursor)
            if cursor.rowcount != 0:
                return f"went through, {cursor.rowcount} rows"
            raise psycopg.Rollback
    except psycopg.Error as error:
        return None if error.sqlstate in REFUSED else str(error)
    return None


def _copied(statement: str, rows: bytes) -> Callable[[psycopg.Cursor], None]:
    def door(cursor: psycopg.Cursor) -> None:
        with cursor.copy(statement) as copy:
            copy.write(rows)

    return door


def _doors(closed: ClosedBook, table: PostedTable) -> dict[str, Callable[[psycopg.Cursor], None]]:
    """Every way to change what is in the closed month, by its name."""

    def door(statement: str) -> Callable[[psycopg.Cursor], None]:
        return lambda cursor: cursor.execute(statement)

    doors = {}
    condition = f"WHERE booked_month = '{JANUARY}'" if table.is_monthly else ""
    for place in table.places:
        doors[f"UPDATE {place}"] = door(f"UPDATE ops.{place} SET {table.column} = {table.column} {condition}")
        doors[f"DELETE {place}"] = door(f"DELETE FROM ops.{place} {condition}")
        doors[f"TRUNCATE {place}"] = door(f"TRUNCATE ops.{place}")
        if table.is_monthly and table.name not in ABOUT_A_MONTH:
            row = closed.another_row(table)
            doors[f"COPY {place}"] = _copied(f"COPY ops.{place} FROM STDIN (FORMAT binary)", row)
            doors[f"INSERT {place}"] = door(f"INSERT INTO ops.{place} SELECT * FROM work.another_{table.name}")
    return doors


@pytest.mark.requirement("E150", "D10")
def test_no_role_changes_a_closed_month_through_any_door_of_any_posted_table(
    closed: ClosedBook, database: psycopg.Connection
) -> None:
    assert {"bill", "ledger", "payment", "period_close", "reading"} <= {table.name for table in closed.tables}
    assert {"wattbook_owner", "wattbook_app", "wattbook_loader"} <= set(closed.roles())
    for table in closed.tables:
        if table.is_monthly and table.name not in ABOUT_A_MONTH:
            row = closed.another_row(table)
            database.execute(f"CREATE TABLE work.another_{table.name} (LIKE ops.{table.name})")
            with database.cursor().copy(f"COPY work.another_{table.name} FROM STDIN (FORMAT binary)") as copy:
                copy.write(row)
    database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA work TO public")
    before = closed.content()
    assert all(before.values()), "a table without rows keeps nobody out"
    open_doors = []
    for role in [*closed.roles(), None]:
        with closed.session(role) as session:
            for table in closed.tables:
                for name, door in _doors(closed, table).items():
                    why = _tried(session, door)
                    if why is not None:
                        open_doors.append(f"{role or 'the superuser'}: {name}: {why}")
    assert open_doors == []
    assert closed.content() == before


@pytest.mark.requirement("E150")
def test_what_is_no_part_of_a_month_is_not_hashed_and_what_is_hashed_is_guarded(database: psycopg.Connection) -> None:
    (definition,) = database.execute(
        "SELECT pg_get_functiondef('ops.period_content_hash(integer, date)'::regprocedure)"
    ).fetchone()
    hashed = set(re.findall(r"FROM \(*(?:ops\.)?(\w+) ", definition)) - {"canonical"}
    assert {"bill", "bill_line", "ledger", "payment"} <= hashed
    assert hashed.isdisjoint(ABOUT_A_MONTH)
    guarded = {
        row[0]
        for row in database.execute(
            "SELECT c.relname FROM pg_trigger AS t INNER JOIN pg_class AS c ON c.oid = t.tgrelid"
            " WHERE t.tgname = 'only_open_months' AND NOT c.relispartition"
        )
    }
    assert hashed <= guarded


@pytest.mark.requirement("E150")
def test_nobody_but_the_owner_of_the_database_takes_a_month_out_of_its_table_and_that_is_found(
    closed: ClosedBook, database: psycopg.Connection
) -> None:
    partitioned = [table for table in closed.tables if table.partition is not None]
    assert partitioned
    bounds = "FROM ('2026-01-01') TO ('2026-02-01')"
    for role in closed.roles():
        if role == "wattbook_owner":
            continue
        with closed.session(role) as session:
            for table in partitioned:
                for statement in (
                    f"ALTER TABLE ops.{table.name} DETACH PARTITION ops.{table.partition}",
                    f"ALTER TABLE ops.{table.name} ATTACH PARTITION ops.{table.partition} FOR VALUES {bounds}",
                    f"ALTER TABLE ops.{table.name} DISABLE TRIGGER ALL",
                    f"DROP TABLE ops.{table.partition}",
                ):
                    assert _tried(session, lambda cursor, said=statement: cursor.execute(said)) is None, (
                        role, statement,
                    )  # fmt: skip
    # The owner of the machine can; verifying names the month.
    database.execute("ALTER TABLE ops.ledger DETACH PARTITION ops.ledger_202601")
    assert [(one.res_code, one.month) for one in closes_in_doubt(closed.settings, unit_code="SA01", by=ADMINISTRATOR)]


@pytest.mark.requirement("E150")
def test_a_withdrawal_takes_nothing_out_of_a_closed_month(closed: ClosedBook, database: psycopg.Connection) -> None:
    # As a load that was accepted, whose payments somebody would have back after the close.
    (payment_source,) = database.execute(
        "UPDATE ops.source SET kind = 'legacy_file', arguments = '{\"load_id\": \"1\"}'"
        " WHERE source_id = (SELECT source_id FROM ops.payment LIMIT 1) RETURNING source_id"
    ).fetchone()
    with closed.session("wattbook_loader") as session:
        session.execute(
            "INSERT INTO ops.source (kind, name, arguments) VALUES ('command', 'withdraw', '{\"load_id\": \"1\"}')"
        )
        for table in ("ledger", "payment"):
            statement = f"DELETE FROM ops.{table} WHERE source_id = {payment_source}"
            assert _tried(session, lambda cursor, said=statement: cursor.execute(said)) is None
    # In an open month the same load goes.
    database.execute("SET session_replication_role = replica")
    database.execute("DELETE FROM ops.period_close")
    database.execute("SET session_replication_role = origin")
    with closed.session("wattbook_loader") as session:
        session.execute(
            "INSERT INTO ops.source (kind, name, arguments) VALUES ('command', 'withdraw', '{\"load_id\": \"1\"}')"
        )
        assert session.execute("DELETE FROM ops.payment WHERE source_id = %s", [payment_source]).rowcount == 1


@pytest.mark.requirement("E150")
def test_nothing_writes_the_close_of_a_month_but_closing_it(database: psycopg.Connection) -> None:
    writing = re.compile(r"(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE|MERGE\s+INTO)\s+(?:ops\.)?period_close", re.I)
    functions = database.execute(
        "SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc AS p"
        " INNER JOIN pg_namespace AS n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('ops', 'audit', 'landing', 'migration') AND p.prokind IN ('f', 'p')"
    ).fetchall()
    writers = {name: writing.findall(definition) for name, definition in functions if writing.search(definition)}
    assert writers == {"ops.close_month(integer,date,bigint)": ["INSERT INTO ops.period_close"]}
    in_files = {
        file.relative_to(REPOSITORY_DIR).as_posix()
        for folder in ("operational_db", "legacy_migration", "dashboards", "orchestration", "dbt_project")
        for file in (REPOSITORY_DIR / folder).rglob("*")
        if file.suffix in (".py", ".sql") and writing.search(file.read_text(encoding="utf-8"))
    }
    assert in_files == {"operational_db/billing/sql/close_month.sql"}


@pytest.mark.requirement("E150")
def test_a_closed_month_is_opened_by_no_procedure(closed: ClosedBook, database: psycopg.Connection) -> None:
    def open_months() -> list[tuple]:
        return database.execute("SELECT res_id, booked_month FROM ops.open_period ORDER BY 1, 2").fetchall()

    before = open_months()
    assert (closed.res_id, JANUARY) not in before
    # Open is what was opened and not closed; the view rests on nothing else.
    rests_on = database.execute(
        "SELECT DISTINCT c.relname FROM pg_rewrite AS r INNER JOIN pg_depend AS d ON d.objid = r.oid"
        " INNER JOIN pg_class AS c ON c.oid = d.refobjid"
        " WHERE r.ev_class = 'ops.open_period'::regclass AND d.refobjid <> r.ev_class ORDER BY 1"
    ).fetchall()
    assert rests_on == [("billing_period",), ("period_close",)]
    for role in [*closed.roles(), None]:
        with closed.session(role) as session:
            for statement in (
                f"SELECT ops.open_month(ARRAY[{closed.res_id}], '{JANUARY}')",
                f"SELECT ops.ensure_month('{JANUARY}')",
                f"DELETE FROM ops.billing_period WHERE booked_month = '{JANUARY}'",
                f"INSERT INTO ops.billing_period (res_id, booked_month) VALUES ({closed.res_id}, '{JANUARY}')",
            ):
                try:
                    with session.transaction():
                        session.execute(statement)
                except psycopg.Error:
                    continue
            session.commit()
    assert (closed.res_id, JANUARY) not in open_months()
    with pytest.raises(Refusal, match="Month 2026-01 is closed already for all 1 RES there"):
        close_month(closed.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
