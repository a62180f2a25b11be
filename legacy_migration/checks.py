"""Was anything lost, and does the dump agree with itself? Counts and sums on both sides, as rows of one shape.

Belongs here: counting verdicts, comparing sums of the file's own text with typed rows and with the book, the checks in
`check_rules/*.sql`. Does not belong here: judging rows (`verdicts`), showing results (`protocol_pages`).
"""

# ruff: noqa: S608 - names come from `entities` and checked profiles, values are quoted by `literal` or are our own nu

from collections import Counter
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.canonical_rules import literal
from legacy_migration.entities import ENTITIES
from legacy_migration.profile import Profile

RULES_DIR: Final = Path(__file__).parent / "check_rules"


def count_verdicts(session: psycopg.Connection, load_id: int) -> None:
    """One row per file and kind of fact: read, loaded, merged, rejected, out of scope, and what was at stake."""
    for entity in ENTITIES.values():
        energy = f"coalesce(t.{entity.energy}, 0)" if entity.energy else "0"
        money = " + ".join(f"coalesce(t.{column}, 0)" for column in entity.money) or "0"
        session.execute(
            "INSERT INTO migration.verdict_count (load_id, file_id, entity, read_count, loaded_count, merged_count, "
            "rejected_count, out_of_scope_count, energy_kwh, rejected_kwh, amount_minor, rejected_minor) "
            f"SELECT {load_id}, t.file_id, '{entity.name}', t.read_count, t.read_count - coalesce(d.named_count, 0), "
            "coalesce(d.merged_count, 0), coalesce(d.rejected_count, 0), coalesce(d.out_count, 0), t.energy_kwh, "
            "coalesce(d.rejected_kwh, 0), t.amount_minor, coalesce(d.rejected_minor, 0) FROM ("
            f"SELECT t.file_id, count(*) AS read_count, sum({energy}) AS energy_kwh, sum({money}) AS amount_minor "
            f"FROM migration.{entity.name} AS t WHERE t.load_id = {load_id} GROUP BY t.file_id) AS t LEFT JOIN ("
            "SELECT d.file_id, count(*) AS named_count, count(*) FILTER (WHERE d.verdict = 'merged') AS merged_count, "
            "count(*) FILTER (WHERE d.verdict = 'rejected') AS rejected_count, "
            "count(*) FILTER (WHERE d.verdict = 'out_of_scope') AS out_count, "
            "sum(d.energy_kwh) FILTER (WHERE d.verdict = 'rejected') AS rejected_kwh, "
            "sum(d.amount_minor) FILTER (WHERE d.verdict = 'rejected') AS rejected_minor "
            f"FROM migration.verdict AS d WHERE d.load_id = {load_id} AND d.entity = '{entity.name}' GROUP BY d.file_id"
            ") AS d ON d.file_id = t.file_id"
        )


def compare_with_dump(
    session: psycopg.Connection, load_id: int, profile: Profile, parts: dict[tuple[str, str], int], minor_digits: int
) -> None:
    """Every row of every file has a verdict; every sum of the dump is loaded, merged or rejected."""
    for (described_as, entity), count in parts.items():
        session.execute(
            _result(
                load_id,
                "verdict",
                "count",
                entity,
                "f.path",
                "'rows'",
                f"f.row_count * {count}",
                "coalesce(c.loaded_count + c.merged_count + c.rejected_count + c.out_of_scope_count, 0)",
            )
            + "FROM landing.file AS f LEFT JOIN migration.verdict_count AS c "
            f"ON c.file_id = f.file_id AND c.entity = '{entity}' "
            f"WHERE f.load_id = {load_id} AND f.described_as = {literal(described_as)}) AS n"
        )
    for file in profile.files:
        used_parts: Counter[str] = Counter()
        for rule in file.rows:
            first_part = used_parts[rule.entity]
            used_parts[rule.entity] += rule.months or 1
            if rule.only_first:
                continue
            for field in rule.fields:
                body = field.alternatives[0]
                name = next((kind for kind in ("number", "money") if kind in body), None)
                if name is None or "side" in body:
                    continue
                scale = f"/ {10**minor_digits}::numeric" if name == "money" else f"/ {body.get('times', '1')}"
                for month in range(max(rule.months, 1)):
                    column = body[name].replace("{mm}", f"{month + 1:02d}")
                    if column in file.sums:
                        _compare_sum(
                            session,
                            load_id,
                            file.name,
                            rule.entity,
                            column,
                            f"t.{field.name}",
                            scale,
                            first_part + month,
                        )
    session.execute(
        _result(load_id, "verdict", "count", "file", "f.path", "'described by the profile'", "1", "0")
        + f"FROM landing.file AS f WHERE f.load_id = {load_id} AND f.described_as IS NULL) AS n"
    )


def _compare_sum(
    session: psycopg.Connection,
    load_id: int,
    described_as: str,
    entity: str,
    column: str,
    value: str,
    scale: str,
    part_no: int,
) -> None:
    """Per folder: what the file's text sums to, against typed rows of every verdict."""
    of_file = (
        f"FROM landing.file AS f INNER JOIN landing.control_sum AS s ON s.file_id = f.file_id AND "
        f"s.column_name = {literal(column)} "
        f"AND NOT s.is_deleted WHERE f.load_id = {load_id} AND f.described_as = {literal(described_as)} GROUP BY 1"
    )
    typed = (
        f"SELECT coalesce(f.folder_value, '') AS unit, sum({value}) {scale} AS total, count(*) AS row_count "
        f"FROM migration.{entity} AS t INNER JOIN landing.file AS f ON f.file_id = t.file_id "
        f"WHERE t.load_id = {load_id} AND t.part_no = {part_no} AND NOT t.is_deleted "
        f"AND f.described_as = {literal(described_as)} GROUP BY 1"
    )
    session.execute(
        # A cell with more digits than the column keeps is rounded once; half of the last digit each.
        _result(
            load_id,
            "verdict",
            "sum",
            entity,
            "s.unit",
            literal(f"{described_as}.{column}"),
            "s.total",
            "coalesce(t.total, 0)",
            tolerance="0.0000005 * coalesce(t.row_count, 0)",
        )
        + f"FROM (SELECT coalesce(f.folder_value, '') AS unit, sum(s.total) AS total {of_file}) AS s "
        f"LEFT JOIN ({typed}) AS t ON t.unit = s.unit) AS n"
    )
    # From the verdicts, which are few, not from the rows, which are many.
    session.execute(
        "INSERT INTO migration.check_result (load_id, stage, level, entity, unit, measure, source_value, "
        "target_value, difference, tolerance, status) "
        f"SELECT {load_id}, 'verdict', 'sum', '{entity}', n.unit, {literal(f'{described_as}.{column} ')} || n.verdict, "
        "trim_scale(n.total), NULL, NULL, 0, 'noted' FROM ("
        f"SELECT coalesce(f.folder_value, '') AS unit, d.verdict, sum({value}) {scale} AS total "
        f"FROM migration.verdict AS d INNER JOIN migration.{entity} AS t ON t.load_id = d.load_id "
        "AND t.file_id = d.file_id AND t.row_no = d.row_no AND t.part_no = d.part_no "
        "INNER JOIN landing.file AS f ON f.file_id = t.file_id "
        f"WHERE d.load_id = {load_id} AND d.entity = '{entity}' AND d.part_no = {part_no} "
        "AND d.verdict IN ('merged', 'rejected') AND NOT t.is_deleted "
        f"AND f.described_as = {literal(described_as)} GROUP BY 1, 2) AS n"
    )


def _result(
    load_id: int,
    stage: str,
    level: str,
    entity: str,
    unit: str,
    measure: str,
    source: str,
    target: str,
    *,
    tolerance: str = "0",
) -> str:
    """The beginning of an INSERT ... SELECT that ends with the rows to compare and `AS n`."""
    return (
        "INSERT INTO migration.check_result (load_id, stage, level, entity, unit, measure, source_value, target_value, "
        f"difference, tolerance, status) SELECT {load_id}, '{stage}', '{level}', '{entity}', n.unit, n.measure, "
        "trim_scale(n.source), trim_scale(n.target), trim_scale(n.source - n.target), trim_scale(n.tolerance), "
        "CASE WHEN abs(n.source - n.target) <= n.tolerance THEN 'equal' ELSE 'differs' END FROM ("
        f"SELECT {unit} AS unit, {measure} AS measure, ({source})::numeric AS source, ({target})::numeric AS target, "
        f"({tolerance})::numeric AS tolerance "
    )


def run_check_rules(session: psycopg.Connection, load_id: int, stage: str) -> None:
    """The checks that stand as SQL in `check_rules/<stage>_*.sql`."""
    for file in sorted(RULES_DIR.glob(f"{stage}_*.sql")):
        session.execute(file.read_text(encoding="utf-8").replace(":load_id", str(load_id)))
