"""Judged rows into the book: set-based, in one transaction, in the order of `publishing_rules/*.sql`.

Belongs here: the days of the load, opening its months, running the statements, comparing the book with the typed rows.
Does not belong here: rights and locks (`commands`), posting rules (`operational_db`).
"""

from datetime import date
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.checks import run_check_rules
from legacy_migration.landing import Progress
from legacy_migration.reconciliation.load_against_book import compare, require_equal
from legacy_migration.reconciliation.standing_facts import create_told_views
from legacy_migration.verdicts import create_standing_views
from operational_db.refusal import Refusal

RULES_DIR: Final = Path(__file__).parent / "publishing_rules"
FRESH_TABLES: Final = {
    "04": ("account", "subscriber", "street", "address", "premises", "contract", "account_subscriber"),
    "05": ("metering_point", "meter", "meter_register", "meter_installation", "metering_point_tariff"),
    "06": ("reading", "measured_energy", "interval_energy"),
    "07": ("payment", "payment_key", "ledger"),
}
"""Tables that a step fills and later steps, and the first bill run, join: without statistics they would be "
"looped over."""


def publish(
    session: psycopg.Connection, load_id: int, *, source_id: int, user_id: int, first_day: str | None, report: Progress
) -> None:
    """Write the loaded rows of a load into `ops`. The caller commits."""
    session.execute("SET LOCAL work_mem = '256MB'")
    first, end = days_of_load(session, load_id, first_day)
    _require_new_accounts(session)
    words = {
        ":load_id": str(load_id),
        ":first_day": f"date '{first}'",
        ":end_day": f"date '{end}'",
        ":source_id": str(source_id),
        ":user_id": str(user_id),
    }
    files = sorted(RULES_DIR.glob("*.sql"))
    for done, file in enumerate(files):
        report("publishing", done, len(files) + 1)
        statements = file.read_text(encoding="utf-8")
        for word, value in words.items():
            statements = statements.replace(word, value)
        session.execute(statements)
        _refresh_statistics(session, file.name)
        if file.name.startswith("02"):
            _open_months(session, first, end)
    report("publishing", len(files), len(files) + 1)
    run_check_rules(session, load_id, "publish")
    compared = compare(session, load_id, (first, end), occasion="acceptance", user_id=user_id)
    require_equal(session, load_id, compared, (first, end))
    report("publishing", len(files) + 1, len(files) + 1)


def _refresh_statistics(session: psycopg.Connection, file_name: str) -> None:
    session.execute("SET LOCAL ROLE wattbook_owner")
    for table in FRESH_TABLES.get(file_name[:2], ()):
        session.execute(f"ANALYZE ops.{table}")
    session.execute("SET LOCAL ROLE wattbook_loader")


def days_of_load(session: psycopg.Connection, load_id: int, first_day: str | None) -> tuple[date, date]:
    """The first day that the load tells of, and the day after its last month."""
    create_standing_views(session, load_id)
    create_told_views(session, load_id)
    (end,) = session.execute(
        "SELECT max(n.end_day) FROM ("
        "SELECT date_trunc('month', max(read_on) - 1) + interval '1 month' FROM standing_reading UNION ALL "
        "SELECT date_trunc('month', max(read_on) - 1) + interval '1 month' FROM standing_grid_reading UNION ALL "
        "SELECT date_trunc('month', max(measured_on)) + interval '1 month' FROM standing_half_hours UNION ALL "
        "SELECT max(service_month) + interval '1 month' FROM standing_declared_energy UNION ALL "
        "SELECT max(service_month) + interval '1 month' FROM standing_grid_energy) AS n (end_day)"
    ).fetchone()
    if first_day is None or end is None:
        raise Refusal(
            f"Load {load_id} has no loaded reading to tell its first month by; correct the readings or the profile."
        )
    return date.fromisoformat(first_day).replace(day=1), end.date()


def _open_months(session: psycopg.Connection, first: date, end: date) -> None:
    session.execute(
        "SELECT ops.open_month(r.res_ids, m::date) FROM generate_series(%s::date, %s::date - 1, interval '1 "
        "month') AS m, "
        "(SELECT array_agg(DISTINCT u.unit_id) AS res_ids FROM standing_account AS a "
        "INNER JOIN ops.unit AS u ON u.code = a.res_code) AS r",
        [first, end],
    )


def _require_new_accounts(session: psycopg.Connection) -> None:
    row = session.execute(
        "SELECT count(*), min(a.account_no) FROM standing_account AS a INNER JOIN ops.account AS k USING (account_no)"
    ).fetchone()
    if row[0]:
        raise Refusal(
            f"{row[0]} accounts of this load are in the book already, the first is {row[1]}; withdraw the load that "
            "brought them, or load only new accounts."
        )
