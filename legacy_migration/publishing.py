"""Judged rows into the book: set-based, in one transaction, in the order of `publishing_rules/*.sql`.

Belongs here: the days of the load, opening its months, running the statements, comparing the book with the typed rows.
Does not belong here: rights and locks (`commands`), posting rules (`operational_db`).
"""

from datetime import date
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.checks import run_check_rules
from legacy_migration.duplicates.decisions import apply_decisions
from legacy_migration.landing import Progress
from legacy_migration.reconciliation.days_of_load import days_of_load
from legacy_migration.reconciliation.load_against_book import compare, require_equal
from legacy_migration.reconciliation.standing_facts import create_book_views, create_told_views
from legacy_migration.rejects.family import corrected_load
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
    create_standing_views(session, load_id)
    create_told_views(session, load_id)
    days = days_of_load(session, load_id, first_day)
    create_book_views(session, load_id, days)
    _require_new_accounts(session)
    apply_decisions(session, load_id)
    words = {
        ":load_id": str(load_id),
        **days.words(),
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
            _open_months(session, days.first_day, days.end_day)
    report("publishing", len(files), len(files) + 1)
    if corrected_load(session, load_id) is not None:
        _require_order_beside_entered_readings(session)
    run_check_rules(session, load_id, "publish")
    compared = compare(session, load_id, days, occasion="acceptance", user_id=user_id)
    require_equal(session, load_id, compared, days)
    report("publishing", len(files) + 1, len(files) + 1)


def _refresh_statistics(session: psycopg.Connection, file_name: str) -> None:
    session.execute("SET LOCAL ROLE wattbook_owner")
    for table in FRESH_TABLES.get(file_name[:2], ()):
        session.execute(f"ANALYZE ops.{table}")
    session.execute("SET LOCAL ROLE wattbook_loader")


def _open_months(session: psycopg.Connection, first: date, end: date) -> None:
    session.execute(
        "SELECT ops.open_month(r.res_ids, m::date) FROM generate_series(%s::date, %s::date - 1, interval '1 "
        "month') AS m, "
        "(SELECT array_agg(DISTINCT u.unit_id) AS res_ids FROM told_account AS a "
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
            "brought them, migrate the dump again if one of its system was accepted since, or load only new accounts."
        )


def _require_order_beside_entered_readings(session: psycopg.Connection) -> None:
    """What came back was judged beside the readings of its dump; clerks have entered others since."""
    row = session.execute(
        "SELECT a.account_no, n.read_on, trim_scale(n.value_kwh), r.read_on, trim_scale(r.value_kwh) "
        "FROM new_reading AS n INNER JOIN ops.account AS a ON a.account_id = n.account_id INNER JOIN ops.reading AS r "
        "ON r.account_id = n.account_id AND r.metering_point_id = n.metering_point_id AND r.meter_id = n.meter_id "
        "INNER JOIN ops.source AS s ON s.source_id = r.source_id AND s.kind <> 'legacy_file' "
        "WHERE NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS x WHERE x.reading_id = r.reading_id) "
        "AND (r.read_on = n.read_on OR r.read_on < n.read_on AND r.value_kwh > n.value_kwh "
        "OR r.read_on > n.read_on AND r.value_kwh < n.value_kwh) ORDER BY 1, 2, 4 LIMIT 1"
    ).fetchone()
    if row:
        raise Refusal(
            f"The reading {row[2]} of {row[1]} that came back for {row[0]} does not go with {row[4]} of {row[3]}, "
            "which was entered since; enter it by hand (`wattbook readings enter`) and let it come back no more."
        )
