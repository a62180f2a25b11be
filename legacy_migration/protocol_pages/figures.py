"""Which figures does a protocol show? Each section is one query over the rows of the migration.

Belongs here: queries and headings; a further section is one more entry. Does not belong here: pages and their hashes
(`signing`), HTML (`page`), cells of a workbook (`workbook`).

A query gives the same rows in the same order in any database: no numbers that a database gives out, no clock.
"""

from dataclasses import dataclass
from typing import Final

import psycopg


@dataclass(frozen=True)
class Figures:
    """A table: headings and rows; numbers stay numbers."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: list[tuple]


@dataclass(frozen=True)
class Section:
    """A table of the protocol. `needs` names the table without which the section is left out."""

    name: str
    title: str
    headings: tuple[str, ...]
    query: str
    needs: str | None = None
    only_corrections: bool = False


def is_there(session: psycopg.Connection, section: Section, load_id: int) -> bool:
    """Whether the section belongs to the protocol of this load."""
    if section.needs is not None:
        (exists,) = session.execute("SELECT to_regclass(%s) IS NOT NULL", [section.needs]).fetchone()
        return exists
    if section.only_corrections:
        (corrects,) = session.execute(
            "SELECT corrects_load_id IS NOT NULL FROM landing.load WHERE load_id = %s", [load_id]
        ).fetchone()
        return corrects
    return True


_CHECKS_QUERY: Final = (
    "SELECT n.stage, n.level, n.entity, n.unit, n.measure, n.source_value, n.target_value, "
    "n.difference, n.tolerance, n.status FROM (SELECT k.stage, k.level, k.entity, k.unit, k.measure, k.source_value, "
    "k.target_value, k.difference, k.tolerance, k.status FROM migration.check_result AS k "
    "WHERE k.load_id = %(load_id)s AND k.stage = 'STAGE' "
    "AND NOT (k.level = 'count' AND k.measure IN ('rows', 'cells') AND k.status = 'equal') UNION ALL "
    "SELECT k.stage, k.level, k.entity, count(*) || ' files', k.measure, sum(k.source_value), "
    "sum(k.target_value), sum(k.difference), 0, 'equal' FROM migration.check_result AS k "
    "WHERE k.load_id = %(load_id)s AND k.stage = 'STAGE' "
    "AND k.level = 'count' AND k.measure IN ('rows', 'cells') AND k.status = 'equal' GROUP BY k.stage, k.level, "
    "k.entity, k.measure) AS n ORDER BY n.status, n.level DESC, n.entity, n.measure, n.unit, n.source_value"
)
_CHECK_HEADINGS: Final = (
    "Stage", "Level", "Kind of fact", "Unit", "Measure", "Source", "Target", "Difference", "Tolerance", "Status",
)  # fmt: skip

CONTENT_SECTIONS: Final = (
    Section(
        "entities",
        "Rows by kind of fact: read = loaded + merged + rejected + out of scope",
        ("Kind of fact", "Read", "Loaded", "Merged", "Rejected", "Out of scope", "kWh rejected", "Money rejected"),
        "SELECT c.entity, sum(c.read_count)::bigint, sum(c.loaded_count)::bigint, sum(c.merged_count)::bigint, "
            "sum(c.rejected_count)::bigint, sum(c.out_of_scope_count)::bigint, trim_scale(sum(c.rejected_kwh)), "
            "trim_scale(round(sum(c.rejected_minor) / 100.0, 2)) FROM migration.verdict_count AS c "
            "WHERE c.load_id = %(load_id)s GROUP BY c.entity ORDER BY c.entity",
    ),
    Section("checks", "What must agree: source and target", _CHECK_HEADINGS, _CHECKS_QUERY.replace("STAGE", "verdict")),
    Section(
        "cells",
        "Cells of each column: carried + transformed + rejected + unused",
        ("File", "Column", "Rules", "Cells", "Carried", "Transformed", "Rejected", "Unused"),
        "SELECT f.path, c.column_name, string_agg(DISTINCT c.rule, ', ' ORDER BY c.rule), sum(c.cell_count)::bigint, "
        "coalesce(sum(c.cell_count) FILTER (WHERE c.class = 'carried'), 0)::bigint, "
        "coalesce(sum(c.cell_count) FILTER (WHERE c.class = 'transformed'), 0)::bigint, "
        "coalesce(sum(c.cell_count) FILTER (WHERE c.class = 'rejected'), 0)::bigint, "
        "coalesce(sum(c.cell_count) FILTER (WHERE c.class = 'unused'), 0)::bigint "
        "FROM migration.cell_count AS c INNER JOIN landing.file AS f ON f.file_id = c.file_id "
        "WHERE c.load_id = %(load_id)s GROUP BY f.path, c.column_name ORDER BY f.path, c.column_name",
        needs="migration.cell_count",
    ),
    Section(
        "reasons",
        "Rejected, merged and remarked rows by reason",
        ("Kind of fact", "Verdict", "Reason", "Rows", "kWh at stake", "Money at stake", "For example"),
        "SELECT d.entity, d.verdict, d.reason_code, count(*), trim_scale(sum(d.energy_kwh)), "
            "trim_scale(round(sum(d.amount_minor) / 100.0, 2)), min(d.sentence) FROM migration.verdict AS d "
            "WHERE d.load_id = %(load_id)s GROUP BY 1, 2, 3 UNION ALL "
            "SELECT r.entity, 'remark', r.reason_code, count(*), NULL, NULL, min(r.sentence) FROM "
            "migration.remark AS r "
            "WHERE r.load_id = %(load_id)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    ),
    Section(
        "files",
        "Files",
        ("File", "In the profile", "Kind of fact", "Encoding", "Bytes", "SHA-256", "Declared rows", "Rows",
         "Flagged deleted", "Facts", "Loaded", "Merged", "Rejected", "Out of scope"),
        "SELECT f.path, coalesce(f.described_as, 'not described'), coalesce(c.entity, 'out of scope'), f.encoding, "
        "f.byte_count, f.sha256, f.declared_count, f.row_count, f.deleted_count, c.read_count, c.loaded_count, "
        "c.merged_count, c.rejected_count, c.out_of_scope_count FROM landing.file AS f "
        "LEFT JOIN migration.verdict_count AS c ON c.file_id = f.file_id "
        "WHERE f.load_id = %(load_id)s ORDER BY f.path, c.entity",
    ),
    Section(
        "rejects",
        "Rejects, in the old keys",
        ("File", "Row", "Kind of fact", "Old key", "Reason", "Column", "Value", "kWh", "Money", "What to do"),
        "SELECT f.path, d.row_no, d.entity, d.legacy_key, d.reason_code, d.field, d.value, "
            "trim_scale(d.energy_kwh), "
            "trim_scale(round(d.amount_minor / 100.0, 2)), d.sentence FROM migration.verdict AS d "
            "INNER JOIN landing.file AS f ON f.file_id = d.file_id "
            "WHERE d.load_id = %(load_id)s AND d.verdict = 'rejected' ORDER BY f.path, d.row_no, d.part_no, d.entity",
    ),
    Section(
        "return_counts",
        "Rejected rows of the load that this one corrects = returned before + returned here + still open",
        ("File", "Rejected", "Returned before", "Returned here", "Still open"),
        "SELECT f.path, count(*), count(b.load_id) FILTER (WHERE b.load_id < %(load_id)s), "
        "count(b.load_id) FILTER (WHERE b.load_id = %(load_id)s), count(*) - count(b.load_id) FROM ("
        "SELECT DISTINCT d.file_id, d.row_no FROM migration.verdict AS d INNER JOIN landing.load AS l "
        "ON l.corrects_load_id = d.load_id WHERE l.load_id = %(load_id)s AND d.verdict = 'rejected') AS r "
        "INNER JOIN landing.file AS f ON f.file_id = r.file_id LEFT JOIN ("
        "SELECT b.* FROM migration.returned_row AS b WHERE NOT EXISTS (SELECT 1 FROM migration.protocol AS p "
        "INNER JOIN migration.protocol_event AS e ON e.protocol_id = p.protocol_id AND e.event = 'withdrawn' "
        "WHERE p.load_id = b.load_id)) AS b ON b.rejected_file_id = r.file_id AND b.rejected_row_no = r.row_no "
        "GROUP BY f.path ORDER BY f.path",
        only_corrections=True,
    ),
    Section(
        "returned",
        "The way of each returned row",
        ("File", "Rejected row", "Rejected for", "Changed by the old system's people", "Row here", "Now"),
        "SELECT o.path, b.rejected_row_no, (SELECT string_agg(DISTINCT d.reason_code, ', ' ORDER BY d.reason_code) "
        "FROM migration.verdict AS d WHERE d.load_id = l.corrects_load_id AND d.file_id = b.rejected_file_id "
        "AND d.row_no = b.rejected_row_no AND d.verdict = 'rejected'), coalesce(("
        "SELECT string_agg(c.column_name || ': ' || c.old_value || ' -> ' || c.new_value, '; ' ORDER BY c.column_name) "
        "FROM migration.returned_cell AS c WHERE c.file_id = b.file_id AND c.row_no = b.row_no), 'nothing'), b.row_no, "
        "coalesce((SELECT 'rejected again: ' || string_agg(DISTINCT d.reason_code, ', ' ORDER BY d.reason_code) "
        "FROM migration.verdict AS d WHERE d.load_id = b.load_id AND d.file_id = b.file_id AND d.row_no = b.row_no "
        "AND d.verdict = 'rejected'), 'loaded') FROM migration.returned_row AS b "
        "INNER JOIN landing.load AS l ON l.load_id = b.load_id INNER JOIN landing.file AS o "
        "ON o.file_id = b.rejected_file_id WHERE b.load_id = %(load_id)s ORDER BY o.path, b.rejected_row_no",
        only_corrections=True,
    ),
    Section(
        "differences",
        "Figures that the dump itself, or a load before it, contradicts",
        ("Check", "Old key", "Measure", "Stated", "Expected", "Behind it", "With", "kWh", "Money", "What to do"),
        "SELECT d.check_code, d.legacy_key, d.measure, d.stated, d.expected, d.cause, d.other_key, "
        "trim_scale(d.energy_kwh), trim_scale(round(d.amount_minor / 100.0, 2)), d.sentence FROM "
        "migration.difference AS d WHERE d.load_id = %(load_id)s "
        "ORDER BY d.amount_minor DESC, d.energy_kwh DESC, d.check_code, d.legacy_key, d.measure, d.sentence",
    ),
    Section(
        "remarks",
        "Remarks on loaded rows",
        ("File", "Row", "Kind of fact", "Old key", "Reason", "Column", "Value", "kWh", "Money", "What it means"),
        "SELECT f.path, r.row_no, r.entity, r.legacy_key, r.reason_code, r.field, r.value, trim_scale(r.energy_kwh), "
        "trim_scale(round(r.amount_minor / 100.0, 2)), r.sentence FROM migration.remark AS r "
        "INNER JOIN landing.file AS f ON f.file_id = r.file_id WHERE r.load_id = %(load_id)s ORDER BY "
        "r.amount_minor DESC, r.energy_kwh DESC, r.reason_code, f.path, r.row_no, r.entity, r.field, r.sentence",
    ),
    Section(
        "duplicates",
        "Rows that may be one",
        ("What", "Score", "First", "Second", "Evidence", "kWh charged to the second", "Money"),
        "SELECT d.kind, d.score, d.first_key, d.second_key, d.evidence, trim_scale(d.energy_kwh), "
        "trim_scale(round(d.amount_minor / 100.0, 2)) FROM migration.duplicate AS d WHERE d.load_id = %(load_id)s "
        "ORDER BY d.score DESC, d.amount_minor DESC, d.kind, d.first_key, d.second_key",
    ),
)  # fmt: skip
"""On the pages that the one who prepares a protocol seals, in the order of the pages."""

BOOK_SECTIONS: Final = (
    Section(
        "decisions",
        "Rows that may be one, as people decided",
        ("What", "First", "Second", "Decided", "By", "Why"),
        "SELECT d.kind, d.first_key, d.second_key, coalesce(n.decided, 'not decided'), n.full_name, n.reason "
        "FROM migration.duplicate AS d INNER JOIN landing.load AS l ON l.load_id = d.load_id LEFT JOIN LATERAL ("
        "SELECT k.decided, u.full_name, k.reason FROM migration.decision AS k INNER JOIN ops.app_user AS u "
        "ON u.user_id = k.user_id WHERE k.profile = l.profile AND k.kind = d.kind AND k.first_key = d.first_key "
        "AND k.second_key = d.second_key ORDER BY k.decision_id DESC LIMIT 1) AS n ON true "
        "WHERE d.load_id = %(load_id)s ORDER BY d.kind, d.first_key, d.second_key",
    ),
    Section("book", "The book against the loaded rows", _CHECK_HEADINGS, _CHECKS_QUERY.replace("STAGE", "publish")),
)
"""On the pages that the one who approves it seals: what the load brought into the book."""
