"""What became of the rows of a migration: per load, file and kind of fact, and why some were not loaded.

Cells, contradictions, expectations and signatures are in `migration_quality`, single rows in `migration_rows`. The
protocol itself, which is signed, is written by `legacy_migration`.
"""

from typing import Any

from dashboards.reading import Reader

_LOADS = """
WITH counted AS (
    SELECT q.load_id,
        sum(q.read_count)::bigint AS read_count, sum(q.loaded_count)::bigint AS loaded_count,
        sum(q.merged_count)::bigint AS merged_count, sum(q.rejected_count)::bigint AS rejected_count,
        sum(q.out_of_scope_count)::bigint AS out_of_scope_count,
        sum(q.rejected_kwh) AS rejected_kwh, sum(q.rejected_minor)::numeric AS rejected_minor
    FROM marts.fct_migration_quality AS q
    GROUP BY q.load_id
)
SELECT l.*, coalesce(c.read_count, 0) AS read_count, coalesce(c.loaded_count, 0) AS loaded_count,
    coalesce(c.merged_count, 0) AS merged_count, coalesce(c.rejected_count, 0) AS rejected_count,
    coalesce(c.out_of_scope_count, 0) AS out_of_scope_count, coalesce(c.rejected_kwh, 0) AS rejected_kwh,
    coalesce(c.rejected_minor, 0) AS rejected_minor
FROM marts.fct_migration_load AS l
LEFT JOIN counted AS c ON c.load_id = l.load_id
ORDER BY l.load_id DESC
LIMIT 200
"""

_KINDS = """
SELECT q.entity, sum(q.read_count)::bigint AS read_count, sum(q.loaded_count)::bigint AS loaded_count,
    sum(q.merged_count)::bigint AS merged_count, sum(q.rejected_count)::bigint AS rejected_count,
    sum(q.out_of_scope_count)::bigint AS out_of_scope_count,
    nullif(sum(q.energy_kwh), 0) AS energy_kwh, sum(q.rejected_kwh) AS rejected_kwh,
    nullif(sum(q.amount_minor), 0)::numeric AS amount_minor, sum(q.rejected_minor)::numeric AS rejected_minor
FROM marts.fct_migration_quality AS q
WHERE q.load_id = %(load_id)s
GROUP BY q.entity
ORDER BY rejected_minor DESC, rejected_kwh DESC, read_count DESC, q.entity
"""

_FILES = """
SELECT q.file_name, q.entity, q.read_count, q.loaded_count, q.merged_count, q.rejected_count, q.out_of_scope_count,
    q.rejected_count::numeric / nullif(q.read_count, 0) AS rejected_share, q.rejected_kwh, q.rejected_minor
FROM marts.fct_migration_quality AS q
WHERE q.load_id = %(load_id)s
ORDER BY q.rejected_minor DESC, q.rejected_kwh DESC, q.rejected_count DESC, q.file_name, q.entity
LIMIT 2000
"""

_MAY_READ_PROTOCOLS = "SELECT ops.may_read_loads() AS may"

_PROTOCOL = "SELECT 1 FROM marts.fct_migration_load AS l WHERE l.protocol_id = %(protocol_id)s LIMIT 1"

_REASONS = """
SELECT r.reason_code, r.entity, r.verdict, sum(r.row_count)::bigint AS row_count,
    count(DISTINCT r.file_id) AS file_count,
    sum(r.energy_kwh) AS energy_kwh, sum(r.amount_minor)::numeric AS amount_minor
FROM marts.fct_migration_reason AS r
WHERE r.load_id = %(load_id)s
GROUP BY r.reason_code, r.entity, r.verdict
ORDER BY amount_minor DESC, energy_kwh DESC, row_count DESC, r.reason_code, r.entity
LIMIT 500
"""


def may_read_protocols(reader: Reader) -> bool:
    """Whether the user migrates or accepts loads: a protocol names people and their debts."""
    return bool(reader.row(_MAY_READ_PROTOCOLS)["may"])


def knows_protocol(reader: Reader, protocol_id: int) -> bool:
    return reader.row(_PROTOCOL, {"protocol_id": protocol_id}) is not None


def loads(reader: Reader) -> list[dict[str, Any]]:
    """One row per load with a protocol, the newest first."""
    return reader.rows(_LOADS)


def rows_by_kind(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per kind of fact, sorted by the money and energy at stake."""
    return reader.rows(_KINDS, {"load_id": load_id})


def rows_by_file(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per file and kind of fact, sorted by the money and energy at stake."""
    return reader.rows(_FILES, {"load_id": load_id})


def reasons(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per reason, kind of fact and verdict, sorted by the money and energy at stake."""
    return reader.rows(_REASONS, {"load_id": load_id})
