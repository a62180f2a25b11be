"""Marts built by dbt over a small book, against figures worked by hand and against a direct scan of `ops`.

The network: SA01 has feeder F1 (head meter read monthly) and F2 (no meter); QR01 has feeder F3 (half-hours of a part of
January). One consumer hangs under each feeder, one more on SA01 itself.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.dbt_runs import BuildResult, build
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

pytestmark = pytest.mark.db

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SOUM = 100
SINCE = date(2020, 1, 1)
MODELS = "resource_type:model"
"""The tables without their checks: a second less for each build that is not about them."""


class SmallNation:
    """A small book with a network above its consumers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "QR01"))
        self.unit_ids = dict(self.book.res_ids)
        with connect(settings, Role.LOADER) as session:
            # A dump of two months opens both.
            session.execute("SELECT ops.open_month(%s, %s)", [list(self.book.res_ids.values()), FEBRUARY])
            for code, level, parent in (
                ("S1", "substation", "SA01"), ("F1", "feeder", "S1"), ("F2", "feeder", "S1"),
                ("T1", "transformer_point", "F1"), ("T2", "transformer_point", "F2"),
                ("S3", "substation", "QR01"), ("F3", "feeder", "S3"), ("T3", "transformer_point", "F3"),
            ):  # fmt: skip
                self._hang(session, code, level, parent)
        self.city = self._consumer("SA01/1/1", "SA01", "T1", {JANUARY: 1000, FEBRUARY: 1350, MARCH: 1550})
        self.village = self._consumer("SA01/1/2", "SA01", "T2", {JANUARY: 0, FEBRUARY: 100, MARCH: 250})
        self.unplaced = self._consumer("SA01/1/3", "SA01", "SA01", {JANUARY: 0, FEBRUARY: 10, MARCH: 30})
        self.desert = self._consumer("QR01/1/1", "QR01", "T3", {JANUARY: 0, FEBRUARY: 50, MARCH: 90})
        with connect(settings, Role.LOADER) as session:
            self._measure_heads(session)
            self._tell_energy(session)

    def _hang(self, session: psycopg.Connection, code: str, level: str, parent: str) -> None:
        self.unit_ids[code] = session.execute(
            "INSERT INTO ops.unit (code, level, source_id) VALUES (%s, %s, %s) RETURNING unit_id",
            [code, level, self.book.source_id],
        ).fetchone()[0]
        session.execute(
            "INSERT INTO ops.unit_placement (unit_id, parent_unit_id, valid_from, source_id) VALUES (%s, %s, %s, %s)",
            [self.unit_ids[code], self.unit_ids[parent], SINCE, self.book.source_id],
        )

    def _consumer(self, account_no: str, res: str, unit: str, readings: dict[date, int]) -> Consumer:
        consumer = self.book.consumer(account_no, res=res, readings=readings)
        with connect(self.settings, Role.LOADER) as session:
            session.execute(
                "UPDATE ops.metering_point_placement SET unit_id = %s WHERE metering_point_id = %s",
                [self.unit_ids[unit], consumer.metering_point_id],
            )
        return consumer

    def _measure_heads(self, session: psycopg.Connection) -> None:
        source_id = self.book.source_id
        meter_ids = [
            session.execute(
                "INSERT INTO ops.grid_meter (code, unit_id, role, digits, ratio, valid_from, source_id) "
                "VALUES (%s, %s, 'head', 6, 10, %s, %s) RETURNING grid_meter_id",
                [f"head of {feeder}", self.unit_ids[feeder], SINCE, source_id],
            ).fetchone()[0]
            for feeder in ("F1", "F3")
        ]
        for booked, read_on, value in (
            (JANUARY, JANUARY, 5000), (JANUARY, FEBRUARY, 5040), (FEBRUARY, MARCH, 5063),
        ):  # fmt: skip
            session.execute(
                "INSERT INTO ops.grid_meter_reading VALUES (%s, %s, %s, %s, %s)",
                [meter_ids[0], booked, read_on, value, source_id],
            )
        for day in range(30):
            session.execute(
                "INSERT INTO ops.grid_interval_energy VALUES "
                "(%s, %s, '01', %s, array_fill(0.05::numeric, ARRAY[48]), array_fill(0::smallint, ARRAY[48]), %s)",
                [meter_ids[1], JANUARY, JANUARY + timedelta(days=day), source_id],
            )

    def _tell_energy(self, session: psycopg.Connection) -> None:
        """The city puts 5 kWh in during February; 7 kWh of the desert were billed before Wattbook."""
        for consumer, month, direction, energy, kind in (
            (self.city, FEBRUARY, "injected", 5, "declared"),
            (self.desert, JANUARY, "consumed", 7, "legacy_billed"),
        ):
            session.execute(
                "INSERT INTO ops.measured_energy (account_id, booked_month, metering_point_id, direction, span_from, "
                "span_to, energy_kwh, kind, res_id, source_id) "
                "VALUES (%s, %s, %s, %s, %s, (%s::date + interval '1 month')::date, %s, %s, %s, %s)",
                [
                    consumer.account_id, month, consumer.metering_point_id, direction, month, month, energy, kind,
                    consumer.res_id, self.book.source_id,
                ],
            )  # fmt: skip
        session.execute(
            "INSERT INTO ops.declared_loss (unit_id, loss_kind, span_from, span_to, energy_kwh, source_id) "
            "VALUES (%s, 'non_technical.low', %s, %s, 12.5, %s), (%s, 'technical.A4', %s, %s, 365, %s)",
            [
                self.unit_ids["F1"], JANUARY, FEBRUARY, self.book.source_id,
                self.unit_ids["F1"], JANUARY, date(2027, 1, 1), self.book.source_id,
            ],
        )  # fmt: skip

    def pay(self, consumer: Consumer, paid_on: date, amount_minor: int) -> None:
        with connect(self.settings, Role.LOADER) as session:
            session.execute(
                "CREATE TABLE work.paid AS SELECT 'bank'::text AS channel_code, %s::text AS external_id, "
                "%s::bigint AS account_id, %s::date AS booked_month, NULL::bigint AS payment_package_id, "
                "%s::date AS paid_on, %s::bigint AS amount_minor, 'electricity'::text AS article_code, "
                "NULL::text AS payer_text, %s::integer AS res_id, %s::bigint AS source_id, 0 AS source_row",
                [
                    f"{paid_on}", consumer.account_id, paid_on.replace(day=1), paid_on, amount_minor, consumer.res_id,
                    self.book.source_id,
                ],
            )  # fmt: skip
            session.execute("GRANT ALL ON work.paid TO wattbook_owner")
            session.execute("SELECT ops.post_payments('work.paid')")
            session.execute("DROP TABLE work.paid")

    def january_is_closed_and_february_billed(self) -> None:
        bill_month(self.settings, JANUARY, by=ADMINISTRATOR)
        close_month(self.settings, JANUARY, unit_code="UZ", by=ADMINISTRATOR)
        self.pay(self.city, date(2026, 2, 10), 100_000 * SOUM)
        bill_month(self.settings, FEBRUARY, by=ADMINISTRATOR)


@pytest.fixture
def nation(settings: Settings, database: psycopg.Connection) -> SmallNation:
    # Rights on a database as such are not copied with its template.
    database.execute(f"GRANT CREATE ON DATABASE {settings.database_name} TO wattbook_dbt")
    return SmallNation(settings)


@pytest.fixture
def reader(settings: Settings) -> Iterator[psycopg.Connection]:
    with connect(settings, Role.READER, user=ADMINISTRATOR, autocommit=True) as session:
        yield session


def _balances(reader: psycopg.Connection, month: date) -> dict[str, tuple]:
    return {
        code: tuple(figures)
        for code, *figures in reader.execute(
            "SELECT u.code, b.intake_kwh, b.generation_kwh, b.useful_supply_kwh, b.loss_kwh, b.loss_share, "
            "b.declared_non_technical_kwh, b.why_not_stated FROM marts.fct_feeder_balance AS b "
            "INNER JOIN marts.dim_unit AS u ON u.unit_id = b.feeder_id WHERE b.service_month = %s",
            [month],
        )
    }


def _receivables(reader: psycopg.Connection, res: str, month: date) -> tuple:
    return reader.execute(
        "SELECT r.opening_minor, r.charged_minor, r.paid_minor, r.other_minor, r.closing_minor, r.debt_minor, "
        "r.overpaid_minor, r.account_count, r.is_closed FROM marts.fct_receivables AS r "
        "INNER JOIN marts.dim_unit AS u ON u.unit_id = r.res_id WHERE u.code = %s AND r.booked_month = %s",
        [res, month],
    ).fetchone()


@pytest.mark.requirement("A23", "B22", "C15", "C19")
def test_marts_tell_what_was_supplied_lost_and_owed(
    nation: SmallNation, database: psycopg.Connection, reader: psycopg.Connection
) -> None:
    nation.january_is_closed_and_february_billed()
    told: list[tuple[str, int, int]] = []

    built = build(
        nation.settings, include_unit_tests=True, on_progress=lambda name, done, total: told.append((name, done, total))
    )

    assert not built.failed
    node_count = sum(node.resource_type != "operation" for node in built.nodes)
    assert told[-1][1:] == (node_count, node_count)

    # F1 in January: (5040 - 5000) x 10 = 400 in, 350 supplied, 50 lost = 50/400. F2 has no meter. F3: 30 of 31 days,
    # 30 x 48 x 0.05 = 72 in; 50 billed + 7 billed before.
    assert _balances(reader, JANUARY) == {
        "F1": (400, 0, 350, 50, Decimal("0.125"), Decimal("12.5"), None),
        "F2": (None, 0, 100, None, None, None, "no meter at the feeder head"),
        "F3": (72, 0, 57, None, None, None, "the feeder head was measured for a part of the month only"),
    }
    # F1 in February: 230 in, 5 put in by the city, 200 supplied: 35 lost of 235.
    assert _balances(reader, FEBRUARY) == {
        "F1": (230, 5, 200, 35, Decimal("0.148936"), None, None),
        "F2": (None, 0, 150, None, None, None, "no meter at the feeder head"),
        "F3": (None, 0, 40, None, None, None, "no energy of the feeder head is known for the month"),
    }
    assert reader.execute(
        "SELECT loss_class, segment, energy_kwh FROM marts.fct_declared_loss ORDER BY loss_class"
    ).fetchall() == [("non_technical", "low", Decimal("12.5")), ("technical", "A4", 365)]

    # SA01 in January: 350 kWh = 200 x 600 + 150 x 800 = 240,000; 100 x 600 = 60,000; 10 x 600 = 6,000: 306,000 in all.
    # In February 200 x 600 = 120,000; 150 x 600 = 90,000; 20 x 600 = 12,000: 222,000; 100,000 paid.
    assert _receivables(reader, "SA01", JANUARY) == (
        0, 306_000 * SOUM, 0, 0, 306_000 * SOUM, 306_000 * SOUM, 0, 3, True,
    )  # fmt: skip
    assert _receivables(reader, "SA01", FEBRUARY) == (
        306_000 * SOUM, 222_000 * SOUM, 100_000 * SOUM, 0, 428_000 * SOUM, 428_000 * SOUM, 0, 3, False,
    )  # fmt: skip

    _levels_add_up_to_a_direct_scan(database)
    _every_column_is_told(database)


def _levels_add_up_to_a_direct_scan(database: psycopg.Connection) -> None:
    """Children equal their parent at each level, and the Republic equals the rows of the book themselves."""
    by_level = {
        level: database.execute(
            f"SELECT sum(s.energy_kwh), sum(s.charge_minor) FROM marts.fct_useful_supply AS s "
            f"INNER JOIN marts.dim_unit AS u ON u.unit_id = s.leaf_unit_id WHERE u.{level}_id IS NOT NULL"
        ).fetchone()
        for level in ("republic", "region", "ptpp", "res")
    }
    scanned = database.execute(
        "SELECT (SELECT sum(energy_kwh) FROM ops.bill_line) "
        "+ (SELECT sum(energy_kwh) FROM ops.measured_energy WHERE kind = 'legacy_billed'), "
        "(SELECT sum(amount_minor) FROM ops.ledger WHERE document_kind = 'bill')"
    ).fetchone()
    assert set(by_level.values()) == {scanned}
    # What hangs under no feeder (10 + 20 kWh on the RES itself) is in the RES and in no balance.
    balanced = database.execute("SELECT sum(useful_supply_kwh) FROM marts.fct_feeder_balance").fetchone()[0]
    assert scanned[0] - balanced == 30


def _every_column_is_told(database: psycopg.Connection) -> None:
    untold = database.execute(
        "SELECT c.oid::regclass || '.' || a.attname FROM pg_class AS c "
        "INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 "
        "WHERE c.relnamespace = 'marts'::regnamespace AND c.relkind = 'r' "
        "AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) NOT LIKE 'One row per %')"
    ).fetchall()
    assert untold == []


def test_closed_months_are_not_built_again(nation: SmallNation, database: psycopg.Connection) -> None:
    settings = nation.settings
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    build(settings, select=MODELS)
    assert _written(database, JANUARY, is_closed=False)

    # Closed after it was built: built once more, now as final.
    nation.pay(nation.city, date(2026, 1, 20), 5 * SOUM)
    close_month(settings, JANUARY, unit_code="UZ", by=ADMINISTRATOR)
    build(settings, select=MODELS)
    final = _written(database, JANUARY, is_closed=True)
    assert final
    assert not _written(database, JANUARY, is_closed=False)

    bill_month(settings, FEBRUARY, by=ADMINISTRATOR)
    build(settings, select=MODELS)
    assert _written(database, JANUARY, is_closed=True) == final
    assert _written(database, FEBRUARY, is_closed=False)
    incremental = _content(database)

    build(settings, select=MODELS, full_refresh=True)
    assert _written(database, JANUARY, is_closed=True) != final
    assert _content(database) == incremental


def _written(database: psycopg.Connection, month: date, *, is_closed: bool) -> list[tuple]:
    """Which transaction wrote the rows of a month: the same again when nobody touched them."""
    return database.execute(
        "SELECT DISTINCT 'supply', s.xmin::text FROM marts.fct_useful_supply AS s "
        "WHERE s.booked_month = %(month)s AND s.is_closed = %(is_closed)s "
        "UNION SELECT DISTINCT 'receivables', r.xmin::text FROM marts.fct_receivables AS r "
        "WHERE r.booked_month = %(month)s AND r.is_closed = %(is_closed)s "
        "UNION SELECT DISTINCT 'balances', b.xmin::text FROM intermediate.int_account_balances AS b "
        "WHERE b.booked_month = %(month)s AND b.is_closed = %(is_closed)s ORDER BY 1",
        {"month": month, "is_closed": is_closed},
    ).fetchall()


def _content(database: psycopg.Connection) -> list[list[tuple]]:
    return [
        database.execute(f"SELECT r::text FROM marts.{mart} AS r ORDER BY 1").fetchall()
        for mart in (
            "fct_useful_supply",
            "fct_receivables",
            "fct_feeder_balance",
            "fct_corrections",
            "fct_tariff_sheet",
            "fct_debt_by_year",
            "fct_collection",
            "dim_unit",
            "dim_period",
        )
    ]


def test_a_warehouse_of_an_older_version_says_how_it_is_built_anew(
    nation: SmallNation, database: psycopg.Connection
) -> None:
    bill_month(nation.settings, JANUARY, by=ADMINISTRATOR)
    build(nation.settings, select=MODELS)
    database.execute("ALTER TABLE marts.fct_receivables DROP COLUMN opening_debt_minor")
    with pytest.raises(
        Refusal, match="fct_receivables was built by a version of Wattbook with other columns.*--full-ref"
    ):
        build(nation.settings, select=MODELS)
    assert not build(nation.settings, select=MODELS, full_refresh=True).failed


@pytest.mark.requirement("A32", "B31")
def test_a_person_sees_the_figures_of_the_own_unit_after_each_build(nation: SmallNation) -> None:
    settings = nation.settings
    create_user(
        settings, login="nukus", full_name="Head of QR01", group_code="management", unit_code="QR01", by=ADMINISTRATOR
    )
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    for selected in (MODELS, "marts,resource_type:model"):
        build(settings, select=selected)
        for role in (Role.READER, Role.WEB, Role.APP):
            assert _seen_res(settings, role, "nukus") == {"QR01"}
            assert _seen_res(settings, role, ADMINISTRATOR) == {"SA01", "QR01"}
            assert _seen_res(settings, role, None) == set()


def _seen_res(settings: Settings, role: Role, user: str | None) -> set[str]:
    with connect(settings, role, user=user) as session:
        rows = session.execute(
            "SELECT u.code FROM marts.dim_unit AS u WHERE u.level = 'res' AND EXISTS ("
            "SELECT 1 FROM marts.fct_useful_supply AS s WHERE s.res_id = u.unit_id "
            "UNION ALL SELECT 1 FROM marts.fct_feeder_balance AS b WHERE b.res_id = u.unit_id "
            "UNION ALL SELECT 1 FROM marts.fct_receivables AS r WHERE r.res_id = u.unit_id "
            "UNION ALL SELECT 1 FROM marts.fct_declared_loss AS d WHERE d.res_id = u.unit_id "
            "UNION ALL SELECT 1 FROM marts.fct_corrections AS c WHERE c.res_id = u.unit_id "
            "UNION ALL SELECT 1 FROM marts.fct_tariff_sheet AS t WHERE t.res_id = u.unit_id "
            "UNION ALL SELECT 1 FROM marts.fct_debt_by_year AS y WHERE y.res_id = u.unit_id "
            "UNION ALL SELECT 1 FROM marts.fct_collection AS n WHERE u.unit_id = ANY (n.res_ids) "
            "UNION ALL SELECT 1 FROM marts.fct_collection_by_article AS a WHERE u.unit_id = ANY (a.res_ids) "
            "UNION ALL SELECT 1 FROM marts.dim_period AS p WHERE p.res_id = u.unit_id)"
        ).fetchall()
    return {code for (code,) in rows}


def test_a_failed_check_is_told_in_one_sentence(nation: SmallNation, database: psycopg.Connection) -> None:
    bill_month(nation.settings, JANUARY, by=ADMINISTRATOR)
    build(nation.settings, select=MODELS)
    checks = "fct_useful_supply,resource_type:test"
    assert _passes(build(nation.settings, select=checks))

    database.execute("UPDATE marts.fct_useful_supply SET energy_kwh = energy_kwh + 0.000001 WHERE energy_kwh = 150")
    sentence = "^The check fct_useful_supply_energy_equals_bills failed on 1 rows: The energy that Wattbook billed"
    with pytest.raises(Refusal, match=sentence):
        build(nation.settings, select=checks)

    database.execute("INSERT INTO marts.fct_useful_supply SELECT * FROM marts.fct_useful_supply")
    with pytest.raises(Refusal, match="fct_useful_supply_has_one_row_per_its_grain"):
        build(nation.settings, select="fct_useful_supply_has_one_row_per_its_grain")


def _passes(result: BuildResult) -> bool:
    return result.check_count > 0 and not result.failed
