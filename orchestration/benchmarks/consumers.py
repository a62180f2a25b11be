"""A book with many household consumers and one month of readings, made by the database itself in seconds.

Only for measurements: the shape is that of a month to bill, the people are numbers.
"""

from datetime import date

import psycopg

from operational_db.connections import Role, connect, connect_as_admin
from operational_db.exchange.sources import record_command
from operational_db.settings import Settings

MONTH = date(2026, 1, 1)

USE_KWH = """CASE
    WHEN {0} %% 100 < 72 THEN 20 + ({0} * 7919) %% 180
    WHEN {0} %% 100 < 97 THEN 201 + ({0} * 7919) %% 700
    ELSE 1001 + ({0} * 7919) %% 11000
END"""
"""Of an account in each month: 72 of 100 within 200, some in each step, a few large (domain.md 2.1)."""

FILL = (
    # accounts spread over the RES, so that a run over one RES has its share
    """
    INSERT INTO ops.account (account_no, kind, res_id, opened_on, source_id)
    SELECT u.code || '/' || n, 'household', u.unit_id, %(month)s, %(source)s
    FROM generate_series(1, %(accounts)s) AS n
    INNER JOIN (
        SELECT unit_id, code, row_number() OVER (ORDER BY code) - 1 AS place, count(*) OVER () AS places
        FROM ops.unit WHERE level = 'res'
    ) AS u ON u.place = n %% u.places
    """,
    """
    INSERT INTO ops.metering_point (code, account_id, resource_code, connected_on, source_id)
    SELECT account_no || '#1', account_id, 'electricity', opened_on, %(source)s FROM ops.account
    """,
    """
    INSERT INTO ops.metering_point_tariff (metering_point_id, tariff_code, valid_from, source_id)
    SELECT
        metering_point_id, CASE WHEN account_id %% 10 = 0 THEN 'uz.household_estove' ELSE 'uz.household' END,
        %(month)s, %(source)s
    FROM ops.metering_point
    """,
    """
    INSERT INTO ops.meter (serial_no, meter_type_code, source_id)
    SELECT 'M' || account_id, 'unknown', %(source)s FROM ops.account
    """,
    "INSERT INTO ops.meter_register (meter_id, zone_code, digits) SELECT meter_id, 'all', 6 FROM ops.meter",
    """
    INSERT INTO ops.meter_installation (metering_point_id, meter_id, valid_from, source_id)
    SELECT p.metering_point_id, m.meter_id, %(month)s, %(source)s
    FROM ops.metering_point AS p
    INNER JOIN ops.meter AS m ON m.serial_no = 'M' || p.account_id
    """,
    """
    INSERT INTO ops.reading (
        account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind,
        is_opening, res_id, source_id
    )
    SELECT
        p.account_id, %(month)s, nextval('ops.reading_id_seq'), p.metering_point_id, i.meter_id, 'all',
        (%(month)s + d.months * interval '1 month')::date,
        1000 + d.months * USE_KWH,
        'round', d.months = 0, a.res_id, %(source)s
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    INNER JOIN ops.meter_installation AS i ON i.metering_point_id = p.metering_point_id
    CROSS JOIN generate_series(0, 1) AS d (months)
    ORDER BY p.account_id, d.months
    """.replace("USE_KWH", USE_KWH.format("p.account_id")),
)


def fill(settings: Settings, accounts: int) -> None:
    """Fill a fresh book: accounts with a meter each and the two readings of the month."""
    with connect(settings, Role.LOADER) as session:
        source_id = record_command(session, "bench", {"accounts": accounts}, user_id=None)
        res_ids = [row[0] for row in session.execute("SELECT unit_id FROM ops.unit WHERE level = 'res'")]
        session.execute("SELECT ops.open_month(%s, %s)", [res_ids, MONTH])
        for statement in FILL:
            session.execute(statement, {"month": MONTH, "source": source_id, "accounts": accounts})
    with connect_as_admin(settings, autocommit=True) as session:
        session.execute("VACUUM ANALYZE")


NEXT_READINGS = """
    INSERT INTO ops.reading (
        account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind,
        is_opening, res_id, source_id
    )
    SELECT
        r.account_id, %(month)s, nextval('ops.reading_id_seq'), r.metering_point_id, r.meter_id, r.zone_code,
        (%(month)s + interval '1 month')::date,
        mod(r.value_kwh + USE_KWH, 1000000),
        'round', false, r.res_id, %(source)s
    FROM ops.reading AS r
    WHERE r.booked_month = (%(month)s - interval '1 month')::date AND r.read_on = %(month)s
    ORDER BY r.account_id
""".replace("USE_KWH", USE_KWH.format("r.account_id"))


def read_month(settings: Settings, month: date) -> None:
    """Open a further month and read every meter at its end."""
    with connect(settings, Role.LOADER) as session:
        source_id = record_command(session, "bench", {"month": f"{month:%Y-%m}"}, user_id=None)
        res_ids = [row[0] for row in session.execute("SELECT unit_id FROM ops.unit WHERE level = 'res'")]
        session.execute("SELECT ops.open_month(%s, %s)", [res_ids, month])
        session.execute(NEXT_READINGS, {"month": month, "source": source_id})
    with connect_as_admin(settings, autocommit=True) as session:
        session.execute("ANALYZE ops.reading")


def result_hash(session: psycopg.Connection) -> str:
    """Hash of the bill lines whatever way they were made: the same rows give the same hash in any order."""
    return session.execute(
        "SELECT md5(sum(hashtextextended(concat_ws('|', account_id, metering_point_id, step_no,"
        " energy_kwh::numeric(18, 6), charge_minor, vat_minor), 0)::numeric)::text) FROM ops.bill_line"
    ).fetchone()[0]
