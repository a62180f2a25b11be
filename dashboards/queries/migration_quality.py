"""What is told of a load beside its rows: its cells, what the dump contradicts, what was expected, who signed."""

from typing import Any

from dashboards.reading import Reader

_CELLS_BY_FILE = """
SELECT c.file_name, sum(c.cell_count)::bigint AS cell_count,
    sum(c.cell_count) FILTER (WHERE c.class = 'carried') / nullif(sum(c.cell_count), 0) AS carried_share,
    sum(c.cell_count) FILTER (WHERE c.class = 'transformed') / nullif(sum(c.cell_count), 0) AS transformed_share,
    sum(c.cell_count) FILTER (WHERE c.class = 'rejected') / nullif(sum(c.cell_count), 0) AS rejected_share,
    sum(c.cell_count) FILTER (WHERE c.class NOT IN ('carried', 'transformed', 'rejected'))
    / nullif(sum(c.cell_count), 0) AS unused_share
FROM marts.fct_migration_cell AS c
WHERE c.load_id = %(load_id)s
GROUP BY c.file_name
ORDER BY rejected_share DESC NULLS LAST, transformed_share DESC NULLS LAST, c.file_name
LIMIT 400
"""

_CELLS_BY_COLUMN = """
SELECT c.file_name, c.column_name, sum(c.cell_count)::bigint AS cell_count,
    sum(c.cell_count) FILTER (WHERE c.class = 'carried')::bigint AS carried_count,
    sum(c.cell_count) FILTER (WHERE c.class = 'transformed')::bigint AS transformed_count,
    sum(c.cell_count) FILTER (WHERE c.class = 'rejected')::bigint AS rejected_count,
    sum(c.cell_count) FILTER (WHERE c.class NOT IN ('carried', 'transformed', 'rejected'))::bigint AS unused_count,
    string_agg(DISTINCT nullif(c.rule, ''), ', ') AS rules
FROM marts.fct_migration_cell AS c
WHERE c.load_id = %(load_id)s
GROUP BY c.file_name, c.column_name
ORDER BY rejected_count DESC NULLS LAST, transformed_count DESC NULLS LAST, c.file_name, c.column_name
LIMIT 1000
"""

_CONTRADICTIONS = """
SELECT c.check_code, c.row_count, c.energy_kwh, c.amount_minor
FROM marts.fct_migration_contradiction AS c
WHERE c.load_id = %(load_id)s
ORDER BY c.amount_minor DESC, c.energy_kwh DESC, c.row_count DESC, c.check_code
"""

_EXPECTATIONS = """
SELECT e.*, u.full_name AS waived_by_name
FROM marts.fct_migration_expectation AS e
LEFT JOIN ops.app_user AS u ON u.user_id = e.waived_by
WHERE e.load_id = %(load_id)s
ORDER BY e.is_met, e.is_stopping DESC, e.amount_minor DESC, e.energy_kwh DESC, e.failed_count DESC, e.expectation_code
"""

_SIGNATURES = """
SELECT s.event, s.happened_at, coalesce(nullif(u.full_name, ''), u.login) AS name, u.login
FROM marts.fct_migration_signature AS s
LEFT JOIN ops.app_user AS u ON u.user_id = s.user_id
WHERE s.load_id = %(load_id)s
ORDER BY s.place
"""


def cells_by_file(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per file: the shares of its cells by what became of them; they add up to one."""
    return reader.rows(_CELLS_BY_FILE, {"load_id": load_id})


def cells_by_column(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per column of a file, those with rejected cells first."""
    return reader.rows(_CELLS_BY_COLUMN, {"load_id": load_id})


def contradictions(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per check that the dump fails by itself."""
    return reader.rows(_CONTRADICTIONS, {"load_id": load_id})


def expectations(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per expectation: what is not met first, then what is worth most."""
    return reader.rows(_EXPECTATIONS, {"load_id": load_id})


def signatures(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """Who prepared, accepted or withdrew the load, in that order."""
    return reader.rows(_SIGNATURES, {"load_id": load_id})
