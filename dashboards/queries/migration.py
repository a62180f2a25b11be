"""What became of the rows of a migration: per file and kind of fact, and why some were not loaded.

The protocol itself, which is signed, is written by `legacy_migration`.
"""

from typing import Any

from dashboards.reading import Reader

_LOADS = """
SELECT q.load_id, q.protocol_id, q.profile, q.directory, q.status, q.prepared_at,
    sum(q.read_count)::bigint AS read_count, sum(q.loaded_count)::bigint AS loaded_count,
    sum(q.merged_count)::bigint AS merged_count, sum(q.rejected_count)::bigint AS rejected_count,
    sum(q.out_of_scope_count)::bigint AS out_of_scope_count,
    sum(q.rejected_kwh) AS rejected_kwh, sum(q.rejected_minor)::numeric AS rejected_minor
FROM marts.fct_migration_quality AS q
GROUP BY q.load_id, q.protocol_id, q.profile, q.directory, q.status, q.prepared_at
ORDER BY q.load_id DESC
LIMIT 200
"""

_FILES = """
SELECT q.file_name, q.entity, q.read_count, q.loaded_count, q.merged_count, q.rejected_count, q.out_of_scope_count,
    q.rejected_count::numeric / nullif(q.read_count, 0) AS rejected_share, q.rejected_kwh, q.rejected_minor
FROM marts.fct_migration_quality AS q
WHERE q.load_id = %(load_id)s
ORDER BY q.rejected_minor DESC, q.rejected_kwh DESC, q.rejected_count DESC, q.file_name, q.entity
LIMIT 2000
"""

_MAY_READ_PROTOCOLS = """
SELECT 1
FROM ops.membership AS m
INNER JOIN ops.group_right AS g
    ON g.group_code = m.group_code AND g.right_code IN ('migrate', 'accept_load')
WHERE m.user_id = ops.current_user_id() AND daterange(m.valid_from, m.valid_to) @> current_date
LIMIT 1
"""

_PROTOCOL = "SELECT 1 FROM marts.fct_migration_quality AS q WHERE q.protocol_id = %(protocol_id)s LIMIT 1"

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
    row = reader.row(_MAY_READ_PROTOCOLS)
    return row is not None


def knows_protocol(reader: Reader, protocol_id: int) -> bool:
    return reader.row(_PROTOCOL, {"protocol_id": protocol_id}) is not None


def loads(reader: Reader) -> list[dict[str, Any]]:
    """One row per load, the newest first."""
    return reader.rows(_LOADS)


def rows_by_file(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per file and kind of fact, sorted by the money and energy at stake."""
    return reader.rows(_FILES, {"load_id": load_id})


def reasons(reader: Reader, load_id: int) -> list[dict[str, Any]]:
    """One row per reason, kind of fact and verdict, sorted by the money and energy at stake."""
    return reader.rows(_REASONS, {"load_id": load_id})
