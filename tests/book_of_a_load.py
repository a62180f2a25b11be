"""What a load made of the book, to compare two books that should be one."""

from operational_db.connections import Role, connect
from operational_db.settings import Settings

# The book without numbers that a database gives out: what stands, for whom, how much.
BOOK = """
SELECT 'account', a.account_no, a.kind, a.opened_on::text, a.closed_on::text FROM ops.account AS a
UNION ALL
SELECT 'reading', a.account_no, m.serial_no || ' ' || r.kind || ' ' || r.is_opening, r.read_on::text, r.value_kwh::text
FROM ops.reading AS r INNER JOIN ops.account AS a USING (account_id) INNER JOIN ops.meter AS m USING (meter_id)
UNION ALL
SELECT 'ledger', a.account_no, g.document_kind || ' ' || g.debit_code, g.posted_on::text, g.amount_minor::text
FROM ops.ledger AS g INNER JOIN ops.account AS a USING (account_id)
UNION ALL
SELECT 'energy', a.account_no, e.kind, e.span_from::text, e.energy_kwh::text
FROM ops.measured_energy AS e INNER JOIN ops.account AS a USING (account_id)
ORDER BY 1, 2, 3, 4, 5
"""


def book_of(settings: Settings) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(BOOK).fetchall()
