"""What must hold of a book at any time, whatever happened in it and wherever it was interrupted."""

import psycopg

from operational_db.accounting.reconciliation import reconcile_account
from operational_db.billing.commands import closes_in_doubt
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR

_BALANCES = """
WITH document AS (
    SELECT account_id, charge_minor AS owed_minor FROM ops.bill
    UNION ALL SELECT account_id, charge_minor FROM ops.service_bill
    UNION ALL SELECT account_id, charge_minor FROM ops.penalty
    UNION ALL SELECT account_id, charge_minor FROM ops.kept_price
    UNION ALL SELECT account_id, -benefit_minor FROM ops.benefit_line
    UNION ALL SELECT account_id, -used_minor FROM ops.subsidy_use
    UNION ALL SELECT account_id, -amount_minor FROM ops.payment
)
SELECT a.account_no, ops.account_balance_minor(a.account_id), coalesce(sum(d.owed_minor), 0)
FROM ops.account AS a
LEFT JOIN document AS d ON d.account_id = a.account_id
GROUP BY a.account_id
"""

_DIFFERENCES = {
    "a bill is not the sum of its lines": """
        SELECT b.account_id, b.booked_month, b.bill_no
        FROM ops.bill AS b
        LEFT JOIN ops.bill_line AS l USING (account_id, booked_month, bill_no)
        GROUP BY b.account_id, b.booked_month, b.bill_no
        HAVING coalesce(sum(l.energy_kwh), 0) <> b.energy_kwh OR coalesce(sum(l.charge_minor), 0) <> b.charge_minor
            OR coalesce(sum(l.vat_minor), 0) <> b.vat_minor
    """,
    "what stands is not what was billed less what was taken back": """
        SELECT b.account_id, sum(b.energy_kwh), sum(b.charge_minor)
        FROM ops.bill AS b
        GROUP BY b.account_id
        HAVING (sum(b.energy_kwh), sum(b.charge_minor)) <> (
            SELECT coalesce(sum(l.energy_kwh), 0), coalesce(sum(l.charge_minor), 0)
            FROM ops.standing_bill_line AS l WHERE l.account_id = b.account_id
        )
    """,
    "billed energy is not what lies between its readings and what was adjusted": """
        SELECT l.closing_reading_id, sum(l.energy_kwh)
        FROM ops.standing_bill_line AS l
        INNER JOIN ops.reading AS c ON c.account_id = l.account_id AND c.reading_id = l.closing_reading_id
        INNER JOIN ops.reading AS o ON o.account_id = l.account_id AND o.reading_id = l.opening_reading_id
        WHERE l.component = 'energy'
            -- What waits to be billed anew is right after the next run.
            AND NOT EXISTS (SELECT 1 FROM ops.open_amendment AS w WHERE w.metering_point_id = l.metering_point_id)
        GROUP BY l.closing_reading_id, c.metering_point_id, c.meter_id, c.zone_code, c.value_kwh, o.value_kwh,
            c.read_on, o.read_on
        -- Registers of stories have five digits.
        HAVING sum(l.energy_kwh) <> mod(c.value_kwh - o.value_kwh + 100000, 100000)
            + ops.adjusted_kwh(c.metering_point_id, c.meter_id, c.zone_code, o.read_on, c.read_on)
            OR min(l.span_from) <> o.read_on OR max(l.span_to) <> c.read_on
    """,
    "a billed span begins neither where a meter was opened nor where another span ended": """
        SELECT l.account_id, l.opening_reading_id
        FROM ops.standing_bill_line AS l
        INNER JOIN ops.reading AS o ON o.account_id = l.account_id AND o.reading_id = l.opening_reading_id
        WHERE NOT o.is_opening
            AND NOT EXISTS (
                SELECT 1 FROM ops.standing_bill_line AS b
                WHERE b.account_id = l.account_id AND b.closing_reading_id = l.opening_reading_id
            )
            AND NOT EXISTS (
                SELECT 1 FROM ops.open_amendment AS w WHERE w.metering_point_id = l.metering_point_id
            )
    """,
    "a day stands billed twice": """
        SELECT l.metering_point_id, l.span_from
        FROM ops.standing_bill_line AS l
        INNER JOIN ops.standing_bill_line AS b
            ON b.metering_point_id = l.metering_point_id AND b.zone_code = l.zone_code AND b.component = l.component
            AND b.span_from < l.span_to AND b.span_to > l.span_from
            AND (b.span_from, b.span_to) <> (l.span_from, l.span_to)
    """,
    "a document and its ledger entries differ": """
        SELECT o.obstacle
        FROM ops.billing_period AS p
        CROSS JOIN LATERAL ops.close_obstacles_of_money(p.res_id, p.booked_month, 'RES') AS o
        WHERE o.obstacle LIKE '%differ from the ledger%' OR o.obstacle LIKE '%no chart has%'
    """,
    "open debts are not the balance": """
        SELECT a.account_no, d.owed_minor
        FROM ops.account AS a
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(o.owed_minor), 0) AS owed_minor
            FROM ops.open_debts(NULL, ARRAY[a.account_id], '2036-01-31') AS o
        ) AS d
        WHERE d.owed_minor <> ops.account_balance_minor(a.account_id)
    """,
}


def require_laws(settings: Settings, database: psycopg.Connection) -> None:
    """Documents, ledger, statement and debts say one balance; kWh are those of the registers; closed months stay."""
    balances = {account_no: tuple(owed) for account_no, *owed in database.execute(_BALANCES).fetchall()}
    assert {no: owed for no, owed in balances.items() if owed[0] != owed[1]} == {}
    for account_no, (owed_minor, _) in balances.items():
        assert reconcile_account(settings, account_no, by=ADMINISTRATOR).closing_minor == owed_minor
    for law, query in _DIFFERENCES.items():
        assert database.execute(query).fetchall() == [], law
    assert closes_in_doubt(settings, by=ADMINISTRATOR) == []
