"""Which loads belong together? A dump, the loads of its rejected rows that came back, and theirs.

Belongs here: who is of the family. Does not belong here: what it brought into the book, as views beside those of the
load that is judged (`reconciliation.standing_facts`).
"""

from typing import Final

import psycopg

_FAMILY: Final = """
WITH RECURSIVE up AS (
    SELECT l.load_id, l.corrects_load_id FROM landing.load AS l WHERE l.load_id = %(load_id)s
    UNION ALL
    SELECT l.load_id, l.corrects_load_id FROM landing.load AS l INNER JOIN up AS u ON u.corrects_load_id = l.load_id
),
down AS (
    SELECT u.load_id FROM up AS u WHERE u.corrects_load_id IS NULL
    UNION ALL
    SELECT l.load_id FROM landing.load AS l INNER JOIN down AS d ON d.load_id = l.corrects_load_id
)
SELECT d.load_id, p.protocol_id, CASE WHEN p.protocol_id IS NOT NULL THEN coalesce(
    (
        SELECT e.event FROM migration.protocol_event AS e
        WHERE e.protocol_id = p.protocol_id ORDER BY e.protocol_event_id DESC LIMIT 1
    ), 'prepared'
) END
FROM down AS d
LEFT JOIN migration.protocol AS p ON p.load_id = d.load_id
WHERE d.load_id <> %(load_id)s
ORDER BY d.load_id
"""


def family_of(session: psycopg.Connection, load_id: int) -> list[tuple[int, int | None, str | None]]:
    """The other loads of the family: load, protocol, state. A dump without returned rows has none."""
    return session.execute(_FAMILY, {"load_id": load_id}).fetchall()


def dump_of(session: psycopg.Connection, load_id: int) -> int:
    """The load of the dump itself, from which the family began."""
    (top,) = session.execute(
        "WITH RECURSIVE up AS (SELECT l.load_id, l.corrects_load_id FROM landing.load AS l WHERE l.load_id = %s "
        "UNION ALL SELECT l.load_id, l.corrects_load_id FROM landing.load AS l "
        "INNER JOIN up AS u ON u.corrects_load_id = l.load_id) "
        "SELECT u.load_id FROM up AS u WHERE u.corrects_load_id IS NULL",
        [load_id],
    ).fetchone()
    return top


def corrected_load(session: psycopg.Connection, load_id: int) -> int | None:
    """The load whose rejected rows came back in this one; None for a dump of its own."""
    (corrected,) = session.execute("SELECT corrects_load_id FROM landing.load WHERE load_id = %s", [load_id]).fetchone()
    return corrected
