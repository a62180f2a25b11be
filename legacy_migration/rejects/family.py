"""Which loads belong together? A dump, the loads of its rejected rows that came back, and theirs.

Belongs here: what loads of the family brought into the book, as views beside those of the load that is judged.
Does not belong here: the rules that use them (`verdict_rules`, `publishing_rules`, `judging`).
"""

# ruff: noqa: S608 - names come from `entities`, values are our own numbers

from typing import Final

import psycopg

from legacy_migration.entities import ENTITIES

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


def create_earlier_views(session: psycopg.Connection, load_id: int) -> None:
    """Views of this session, for each kind of fact: what the family brought into the book before (`earlier_`), and that
    together with what stands of this load (`known_`). For a dump of its own nothing is earlier."""
    is_correction = corrected_load(session, load_id) is not None
    accepted = [
        other for other, _, state in (family_of(session, load_id) if is_correction else []) if state == "accepted"
    ]
    loads = "'{" + ",".join(map(str, accepted)) + "}'::bigint[]"
    for name in ENTITIES:
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW earlier_{name} AS SELECT t.* FROM migration.{name} AS t "
            f"WHERE t.load_id = ANY ({loads}) AND NOT EXISTS (SELECT 1 FROM migration.verdict AS d "
            f"WHERE d.load_id = t.load_id AND d.entity = '{name}' AND d.file_id = t.file_id AND d.row_no = t.row_no "
            "AND d.part_no = t.part_no)"
        )
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW known_{name} AS "
            f"SELECT t.* FROM standing_{name} AS t UNION ALL SELECT t.* FROM earlier_{name} AS t"
        )
