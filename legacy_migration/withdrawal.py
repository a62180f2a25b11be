"""How does a load that was accepted by mistake leave the book? All its rows go, in the order of their keys.

Belongs here: refusing once a bill stands, deleting what the load brought. Does not belong here: rights (`commands`).

Posted rows may go only while the command 'withdraw' of their load stands (operational_db/schema/sql/posted_rows.sql).
"""

# ruff: noqa: S608 - names come from `entities` and checked profiles, values are quoted by `literal` or are our own nu

from typing import Final

import psycopg

from operational_db.refusal import Refusal

# Rows that carry the source of the load, those that point to others first.
_BY_SOURCE: Final = (
    "ledger", "payment", "reading_event", "reading", "measured_energy", "interval_energy", "grid_meter_reading",
    "grid_interval_energy", "grid_energy", "declared_loss", "payment_package", "meter_installation",
    "metering_point_tariff", "metering_point_placement", "metering_point", "contract_status", "contract", "family_size",
    "account_premises", "account_subscriber", "account_number_alias",
)  # fmt: skip
_AFTER_ACCOUNTS: Final = (
    "subscriber", "premises", "address", "street", "grid_meter", "line_section", "transformer", "grid_unit",
)  # fmt: skip


def remove_from_book(session: psycopg.Connection, load_id: int, protocol_id: int) -> None:
    """Delete every row that the load brought; refuses when one of its accounts has a bill or a month is closed."""
    session.execute(
        "CREATE TEMPORARY TABLE withdrawn_source ON COMMIT DROP AS SELECT source_id FROM ops.source "
        "WHERE (arguments ->> 'load_id')::bigint = %s AND (kind = 'legacy_file' OR name = 'accept')",
        [load_id],
    )
    session.execute(
        "CREATE TEMPORARY TABLE withdrawn_account ON COMMIT DROP AS "
        "SELECT a.account_id, a.account_no, a.res_id, a.kind FROM ops.account AS a "
        "INNER JOIN withdrawn_source AS s ON s.source_id = a.source_id"
    )
    session.execute("ANALYZE withdrawn_source, withdrawn_account")
    # Nobody bills or closes while the rows go; who is at it already is waited for, and its bills are seen then.
    session.execute(
        "SELECT ops.lock_open_month(array_agg(o.res_id), o.booked_month, true) FROM ops.open_period AS o "
        "WHERE o.res_id IN (SELECT w.res_id FROM withdrawn_account AS w) GROUP BY o.booked_month "
        "ORDER BY o.booked_month"
    )
    _refuse_when_used(session, protocol_id)
    _refuse_when_touched_accounts_are_billed(session, load_id, protocol_id)
    session.execute(
        "DELETE FROM ops.payment_key AS k USING ops.payment AS p INNER JOIN withdrawn_source AS s USING (source_id) "
        "WHERE k.channel_code = p.channel_code AND k.external_id = p.external_id"
    )
    session.execute(
        "DELETE FROM ops.meter_register AS g USING ops.meter AS m INNER JOIN withdrawn_source AS s USING (source_id) "
        "WHERE g.meter_id = m.meter_id"
    )
    for table in _BY_SOURCE:
        _delete(session, table)
    _delete(session, "meter")
    # A technical account stays while money of another load stands on it.
    session.execute(
        "DELETE FROM ops.account AS a USING withdrawn_account AS w WHERE a.account_id = w.account_id "
        "AND NOT EXISTS (SELECT 1 FROM ops.ledger AS g WHERE g.account_id = a.account_id)"
    )
    for table in _AFTER_ACCOUNTS:
        _delete(session, table)
    _delete_units(session)


def _refuse_when_touched_accounts_are_billed(session: psycopg.Connection, load_id: int, protocol_id: int) -> None:
    """Rows that came back, or that a later dump added, hang on accounts of an earlier load.

    What came back stays once one of these is billed; a later dump, once one is billed that was not before it.
    """
    (billed, example) = session.execute(
        "SELECT count(*), min(a.account_no) FROM ops.account AS a WHERE a.account_id IN ("
        "SELECT r.account_id FROM ops.reading AS r INNER JOIN withdrawn_source AS s ON s.source_id = r.source_id UNION "
        "SELECT r.account_id FROM ops.measured_energy AS r INNER JOIN withdrawn_source AS s "
        "ON s.source_id = r.source_id UNION "
        "SELECT r.account_id FROM ops.interval_energy AS r INNER JOIN withdrawn_source AS s "
        "ON s.source_id = r.source_id UNION "
        "SELECT r.account_id FROM ops.metering_point AS r INNER JOIN withdrawn_source AS s "
        "ON s.source_id = r.source_id UNION "
        "SELECT r.account_id FROM ops.ledger AS r INNER JOIN withdrawn_source AS s ON s.source_id = r.source_id) "
        "AND a.kind <> 'technical' AND EXISTS (SELECT 1 FROM ops.bill AS b WHERE b.account_id = a.account_id "
        "AND (b.source_id > (SELECT max(s.source_id) FROM withdrawn_source AS s) OR EXISTS ("
        "SELECT 1 FROM landing.load AS l WHERE l.load_id = %s AND l.corrects_load_id IS NOT NULL)))",
        [load_id],
    ).fetchone()
    if billed:
        raise Refusal(
            f"Protocol {protocol_id} cannot be withdrawn: {billed} accounts to which it added rows have bills, "
            f"the first is {example}; correct single accounts in the open month instead."
        )


def _refuse_when_used(session: psycopg.Connection, protocol_id: int) -> None:
    (billed, example) = session.execute(
        "SELECT count(*), min(w.account_no) FROM withdrawn_account AS w "
        "WHERE EXISTS (SELECT 1 FROM ops.bill AS b WHERE b.account_id = w.account_id)"
    ).fetchone()
    if billed:
        raise Refusal(
            f"Protocol {protocol_id} cannot be withdrawn: {billed} of its accounts have bills, the first is {example}; "
            "correct single accounts in the open month instead."
        )
    (resting, example) = session.execute(
        "SELECT min((s.arguments ->> 'load_id')::bigint), min(w.account_no) FROM withdrawn_account AS w "
        "INNER JOIN (SELECT r.account_id, r.source_id FROM ops.reading AS r UNION ALL SELECT p.account_id, p.source_id "
        "FROM ops.metering_point AS p UNION ALL SELECT g.account_id, g.source_id FROM ops.ledger AS g) AS n "
        "ON n.account_id = w.account_id INNER JOIN ops.source AS s ON s.source_id = n.source_id "
        "AND s.kind = 'legacy_file' WHERE w.kind <> 'technical' "
        "AND n.source_id NOT IN (SELECT k.source_id FROM withdrawn_source AS k)"
    ).fetchone()
    if resting:
        (later,) = session.execute(
            "SELECT p.protocol_id FROM migration.protocol AS p WHERE p.load_id = %s", [resting]
        ).fetchone()
        raise Refusal(
            f"Protocol {protocol_id} cannot be withdrawn: a later dump added to its accounts, the first is {example}; "
            f"withdraw protocol {later} first."
        )
    # Money that somebody else posted since: a payment, a service, or a correction of a payment that the load brought.
    (posted, example) = session.execute(
        "SELECT count(*), min(later.account_no) FROM ("
        "SELECT w.account_no FROM withdrawn_account AS w INNER JOIN ops.ledger AS g ON g.account_id = w.account_id "
        "WHERE w.kind <> 'technical' AND g.source_id NOT IN (SELECT s.source_id FROM withdrawn_source AS s) "
        "UNION SELECT a.account_no FROM ops.payment_reversal AS r "
        "INNER JOIN ops.payment AS p USING (account_id, booked_month, payment_no) "
        "INNER JOIN withdrawn_source AS s ON s.source_id = p.source_id "
        "INNER JOIN ops.account AS a ON a.account_id = r.account_id) AS later"
    ).fetchone()
    if posted:
        raise Refusal(
            f"Protocol {protocol_id} cannot be withdrawn: money was posted or corrected on {posted} of its accounts "
            f"since, the first is {example}; correct single accounts in the open month instead."
        )
    (granted, example) = session.execute(
        "SELECT count(*), min(w.account_no) FROM withdrawn_account AS w WHERE EXISTS ("
        "SELECT 1 FROM ops.benefit_grant AS b INNER JOIN ops.metering_point AS p USING (metering_point_id) "
        "WHERE p.account_id = w.account_id)"
    ).fetchone()
    if granted:
        raise Refusal(
            f"Protocol {protocol_id} cannot be withdrawn: benefits were granted at {granted} of its accounts since, "
            f"the first is {example}; correct single accounts in the open month instead."
        )
    (kept, example) = session.execute(
        "SELECT count(*), min(w.account_no) FROM withdrawn_account AS w WHERE EXISTS ("
        "SELECT 1 FROM ops.subsidy_accrual AS b WHERE b.account_id = w.account_id) OR EXISTS ("
        "SELECT 1 FROM ops.family_size AS f WHERE f.account_id = w.account_id "
        "AND f.source_id NOT IN (SELECT s.source_id FROM withdrawn_source AS s))"
    ).fetchone()
    if kept:
        raise Refusal(
            f"Protocol {protocol_id} cannot be withdrawn: subsidies or sizes of families were entered at {kept} of its "
            f"accounts since, the first is {example}; correct single accounts in the open month instead."
        )
    (closed,) = session.execute(
        "SELECT string_agg(DISTINCT u.code || ' ' || to_char(c.booked_month, 'YYYY-MM'), ', ') FROM "
        "ops.period_close AS c "
        "INNER JOIN withdrawn_account AS w ON w.res_id = c.res_id INNER JOIN ops.unit AS u ON u.unit_id = c.res_id"
    ).fetchone()
    if closed:
        raise Refusal(
            f"Protocol {protocol_id} cannot be withdrawn: months are closed ({closed}); correct in the open "
            f"month instead."
        )


def _delete(session: psycopg.Connection, table: str) -> None:
    session.execute(f"DELETE FROM ops.{table} AS t USING withdrawn_source AS s WHERE t.source_id = s.source_id")


def _delete_units(session: psycopg.Connection) -> None:
    """Months of RES without any account are closed again for good, then units that nothing hangs on."""
    session.execute(
        "DELETE FROM ops.billing_period AS p WHERE p.res_id IN (SELECT w.res_id FROM withdrawn_account AS w) "
        "AND NOT EXISTS (SELECT 1 FROM ops.account AS a WHERE a.res_id = p.res_id)"
    )
    session.execute(
        "CREATE TEMPORARY TABLE withdrawn_unit ON COMMIT DROP AS SELECT u.unit_id FROM ops.unit AS u "
        "INNER JOIN withdrawn_source AS s ON s.source_id = u.source_id"
    )
    for table in ("unit_name", "unit_placement", "membership", "unit"):
        session.execute(f"DELETE FROM ops.{table} AS t USING withdrawn_unit AS w WHERE t.unit_id = w.unit_id")
