"""Which figures does a protocol show? Each table is one query over the rows of the migration.

Belongs here: queries and headings. Does not belong here: HTML (`page`), cells of a workbook (`workbook`).
"""

from dataclasses import dataclass
from typing import Final

import psycopg

from legacy_migration.loads import Protocol


@dataclass(frozen=True)
class Figures:
    """A table: headings and rows; numbers stay numbers."""

    name: str
    headings: tuple[str, ...]
    rows: list[tuple]


_QUERIES: Final = {
    "entities": (
        ("Kind of fact", "Read", "Loaded", "Merged", "Rejected", "Out of scope", "kWh rejected", "Money rejected"),
        (
            "SELECT c.entity, sum(c.read_count)::bigint, sum(c.loaded_count)::bigint, sum(c.merged_count)::bigint, "
            "sum(c.rejected_count)::bigint, sum(c.out_of_scope_count)::bigint, trim_scale(sum(c.rejected_kwh)), "
            "trim_scale(round(sum(c.rejected_minor) / 100.0, 2)) FROM migration.verdict_count AS c "
            "WHERE c.load_id = %(load_id)s GROUP BY c.entity ORDER BY c.entity"
        ),
    ),
    "files": (
        ("File", "In the profile", "Kind of fact", "Encoding", "Bytes", "SHA-256", "Rows", "Flagged deleted",
         "Loaded", "Merged", "Rejected", "Out of scope"),
        (
            "SELECT f.path, coalesce(f.described_as, 'not described'), coalesce(c.entity, 'out of scope'), f.encoding, "
            "f.byte_count, f.sha256, f.row_count, f.deleted_count, c.loaded_count, c.merged_count, c.rejected_count, "
            "c.out_of_scope_count FROM landing.file AS f LEFT JOIN migration.verdict_count AS c ON c.file_id "
            "= f.file_id "
            "WHERE f.load_id = %(load_id)s ORDER BY f.path, c.entity"
        ),
    ),
    "checks": (
        ("Stage", "Level", "Kind of fact", "Unit", "Measure", "Source", "Target", "Difference", "Tolerance", "Status"),
        (
            "SELECT n.stage, n.level, n.entity, n.unit, n.measure, n.source_value, n.target_value, "
            "n.difference, n.tolerance, "
            "n.status FROM (SELECT k.stage, k.level, k.entity, k.unit, k.measure, k.source_value, k.target_value, "
            "k.difference, k.tolerance, k.status FROM migration.check_result AS k WHERE k.load_id = %(load_id)s "
            "AND NOT (k.level = 'count' AND k.measure = 'rows' AND k.status = 'equal') UNION ALL "
            "SELECT k.stage, k.level, k.entity, count(*) || ' files', k.measure, sum(k.source_value), "
            "sum(k.target_value), "
            "sum(k.difference), 0, 'equal' FROM migration.check_result AS k WHERE k.load_id = %(load_id)s "
            "AND k.level = 'count' AND k.measure = 'rows' AND k.status = 'equal' GROUP BY k.stage, k.level, "
            "k.entity, k.measure"
            ") AS n ORDER BY n.status, n.stage DESC, n.level DESC, n.entity, n.measure, n.unit"
        ),
    ),
    "reasons": (
        ("Kind of fact", "Verdict", "Reason", "Rows", "kWh at stake", "Money at stake", "For example"),
        (
            "SELECT d.entity, d.verdict, d.reason_code, count(*), trim_scale(sum(d.energy_kwh)), "
            "trim_scale(round(sum(d.amount_minor) / 100.0, 2)), min(d.sentence) FROM migration.verdict AS d "
            "WHERE d.load_id = %(load_id)s GROUP BY 1, 2, 3 UNION ALL "
            "SELECT r.entity, 'remark', r.reason_code, count(*), NULL, NULL, min(r.sentence) FROM "
            "migration.remark AS r "
            "WHERE r.load_id = %(load_id)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ),
    ),
    "rejects": (
        ("File", "Row", "Kind of fact", "Old key", "Reason", "Column", "Value", "kWh", "Money", "What to do"),
        (
            "SELECT f.path, d.row_no, d.entity, d.legacy_key, d.reason_code, d.field, d.value, "
            "trim_scale(d.energy_kwh), "
            "trim_scale(round(d.amount_minor / 100.0, 2)), d.sentence FROM migration.verdict AS d "
            "INNER JOIN landing.file AS f ON f.file_id = d.file_id "
            "WHERE d.load_id = %(load_id)s AND d.verdict = 'rejected' ORDER BY f.path, d.row_no, d.part_no, d.entity"
        ),
    ),
    "differences": (
        ("Check", "Old key", "Measure", "Stated", "Expected", "Behind it", "With", "kWh", "Money", "What to do"),
        (
            "SELECT d.check_code, d.legacy_key, d.measure, d.stated, d.expected, d.cause, d.other_key, "
            "trim_scale(d.energy_kwh), trim_scale(round(d.amount_minor / 100.0, 2)), d.sentence FROM "
            "migration.difference AS d "
            "WHERE d.load_id = %(load_id)s ORDER BY d.amount_minor DESC, d.energy_kwh DESC, d.check_code, d.legacy_key"
        ),
    ),
    "remarks": (
        ("File", "Row", "Kind of fact", "Old key", "Reason", "Column", "Value", "kWh", "Money", "What it means"),
        (
            "SELECT f.path, r.row_no, r.entity, r.legacy_key, r.reason_code, r.field, r.value, "
            "trim_scale(r.energy_kwh), "
            "trim_scale(round(r.amount_minor / 100.0, 2)), r.sentence "
            "FROM migration.remark AS r INNER JOIN landing.file AS f ON f.file_id = r.file_id "
            "WHERE r.load_id = %(load_id)s "
            "ORDER BY r.amount_minor DESC, r.energy_kwh DESC, r.reason_code, f.path, r.row_no"
        ),
    ),
    "duplicates": (
        ("What", "Score", "First", "Second", "Evidence", "kWh charged to the second", "Money", "Decided", "By", "Why"),
        (
            "SELECT d.kind, d.score, d.first_key, d.second_key, d.evidence, trim_scale(d.energy_kwh), "
            "trim_scale(round(d.amount_minor / 100.0, 2)), coalesce(n.decided, 'not decided'), n.full_name, n.reason "
            "FROM migration.duplicate AS d INNER JOIN landing.load AS l ON l.load_id = d.load_id LEFT JOIN LATERAL ("
            "SELECT k.decided, u.full_name, k.reason FROM migration.decision AS k INNER JOIN ops.app_user AS u "
            "ON u.user_id = k.user_id WHERE k.profile = l.profile AND k.kind = d.kind AND k.first_key = d.first_key "
            "AND k.second_key = d.second_key ORDER BY k.decision_id DESC LIMIT 1) AS n ON true "
            "WHERE d.load_id = %(load_id)s ORDER BY d.score DESC, d.amount_minor DESC, d.kind, d.first_key, "
            "d.second_key"
        ),
    ),
    "events": (
        ("Event", "By", "At"),
        (
            "SELECT n.event, n.full_name, to_char(n.at, 'YYYY-MM-DD HH24:MI:SS') FROM ("
            "SELECT 'prepared' AS event, u.full_name, p.prepared_at AS at FROM migration.protocol AS p "
            "INNER JOIN ops.app_user AS u ON u.user_id = p.prepared_by WHERE p.load_id = %(load_id)s UNION ALL "
            "SELECT e.event, u.full_name, e.happened_at FROM migration.protocol_event AS e "
            "INNER JOIN migration.protocol AS p ON p.protocol_id = e.protocol_id "
            "INNER JOIN ops.app_user AS u ON u.user_id = e.user_id WHERE p.load_id = %(load_id)s) AS n ORDER BY n.at"
        ),
    ),
}  # fmt: skip


def read_figures(session: psycopg.Connection, protocol: Protocol) -> dict[str, Figures]:
    """Every table of the protocol, by name."""
    return {
        name: Figures(name, headings, session.execute(query, {"load_id": protocol.load_id}).fetchall())
        for name, (headings, query) in _QUERIES.items()
    }
