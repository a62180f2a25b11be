"""How many cells of each column were carried, transformed, rejected or not used? Counted over patterns and verdicts.

Belongs here: the ledger of a load and the checks that it is whole. Does not belong here: patterns of rows (`patterns`).
"""

# ruff: noqa: S608 - names come from `entities`, values are quoted by `literal`

from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.canonical_rules import literal
from legacy_migration.cell_ledger.patterns import UNDECLARED
from legacy_migration.cell_ledger.signs import SIGNS
from legacy_migration.entities import ENTITIES

STATEMENT: Final = Path(__file__).parent / "count_cells.sql"


def count_cells(session: psycopg.Connection, load_id: int) -> None:
    """Write the cell ledger of a judged load, and the checks that every cell is in exactly one class."""
    found = session.execute("SELECT DISTINCT s.entity FROM migration.sent_rows AS s WHERE s.load_id = %s", [load_id])
    names = {name for (name,) in found}
    entities = [entity.name for entity in ENTITIES.values() if entity.name in names]
    patterns = " UNION ALL ".join(
        f"SELECT t.file_id, '{name}' AS entity, t.part_no, t.cell_pattern AS pattern_no, count(*) AS row_count "
        f"FROM migration.{name} AS t WHERE t.load_id = {load_id} AND NOT t.is_deleted "
        "GROUP BY t.file_id, t.part_no, t.cell_pattern"
        for name in entities
    )
    named = " UNION ALL ".join(
        f"SELECT t.file_id, t.row_no, '{name}' AS entity, t.part_no, t.cell_pattern AS pattern_no, d.reason_code "
        f"FROM rejected_row AS r INNER JOIN migration.{name} AS t "
        f"ON t.load_id = {load_id} AND t.file_id = r.file_id AND t.row_no = r.row_no "
        f"LEFT JOIN migration.verdict AS d ON d.load_id = {load_id} AND d.entity = '{name}' "
        "AND d.file_id = t.file_id AND d.row_no = t.row_no AND d.part_no = t.part_no AND d.verdict = 'rejected'"
        for name in entities
    )
    nothing = "SELECT 0::bigint AS file_id, '' AS entity, 0::smallint AS part_no, 0::bigint AS pattern_no, "
    patterns = patterns or f"{nothing} 0::bigint AS row_count LIMIT 0"
    session.execute(f"CREATE TEMPORARY TABLE fact_pattern ON COMMIT DROP AS {patterns}")
    session.execute(
        "CREATE TEMPORARY TABLE rejected_row ON COMMIT DROP AS SELECT DISTINCT d.file_id, d.row_no "
        f"FROM migration.verdict AS d WHERE d.load_id = {load_id} AND d.verdict = 'rejected'"
    )
    session.execute("ANALYZE rejected_row")
    empty = nothing + "0 AS row_no, ''::text AS reason_code LIMIT 0"
    session.execute(f"CREATE TEMPORARY TABLE rejected_fact ON COMMIT DROP AS {named or empty}")
    signs = ", ".join(
        f"({literal(sign)}, {literal(kind)}, {literal(rule)}, {rank})" for sign, kind, rule, rank in SIGNS
    )
    statement = STATEMENT.read_text(encoding="utf-8")
    session.execute(
        statement.replace(":load_id", str(load_id)).replace(":signs", signs).replace(":undeclared", literal(UNDECLARED))
    )
    session.execute("DROP TABLE fact_pattern, rejected_row, rejected_fact")
