"""Which pairs are looked at? Rows that share a block: a number, a folded name in a RES, an address.

Belongs here: blocking, so that nothing is compared with everything, and keeping what is worth a decision.
Does not belong here: the score (`evidence`), decisions (`decisions`).
"""

# ruff: noqa: S608 - queries of this file, numbers our own

from typing import Final

import psycopg
from psycopg.rows import dict_row

from legacy_migration.duplicates.evidence import LISTED_FROM, weigh
from legacy_migration.duplicates.folding import folded_sql, glued_sql

BLOCK_MAX: Final = 30
"""A number shared by more rows (a telephone of zeros, a house without flats) tells nothing; counted, not compared."""

_BATCH: Final = 5_000

# What is compared of each row; `key` names it, `load_id` tells the rows of this load. Streets are few and folded once.
_ROWS: Final = {
    "account": (
        "WITH street AS MATERIALIZED (SELECT DISTINCT ON (k.res_code, k.street_code) k.res_code, k.street_code, "
        "concat_ws(', ', k.res_code, k.locality, k.street_name) AS street, "
        f"{folded_sql('k.locality')} || ', ' || {folded_sql('k.street_name')} AS folded_street "
        "FROM told_street AS k ORDER BY k.res_code, k.street_code, k.load_id DESC) "
        "SELECT t.account_no AS key, t.load_id, t.res_code, t.full_name, "
        f"{folded_sql('t.full_name')} AS folded_name, nullif({glued_sql('t.tax_number')}, '') AS tax_number, "
        f"nullif({glued_sql('t.passport_number')}, '') AS passport_number, "
        "nullif(right(regexp_replace(coalesce(t.phone, ''), '[^0-9]', '', 'g'), 9), '') AS phone, "
        "coalesce(t.flat, '') <> '' AS has_flat, concat_ws(', ', s.street, concat_ws(' ', t.house, t.house_letter, "
        "t.building), t.flat) AS shown_address, "
        "CASE WHEN s.street_code IS NOT NULL AND coalesce(t.house, '') <> '' THEN concat_ws(', ', t.res_code, "
        f"s.folded_street, {glued_sql('t.house', 't.house_letter', 't.building')}, "
        f"nullif({glued_sql('t.flat')}, '')) END AS address FROM told_account AS t "
        "LEFT JOIN street AS s ON s.res_code = t.res_code AND s.street_code = t.street_code"
    ),
    "meter": (
        "SELECT concat_ws(' ', t.point_code, t.serial_no) AS key, t.load_id, p.res_code, t.point_code, t.serial_no, "
        "t.meter_type_code, t.removed_on, "
        # O and 0 are one on a worn plate, and leading zeros come and go.
        f"ltrim(translate({glued_sql('t.serial_no')}, 'oil', '011'), '0') AS folded_serial "
        "FROM (SELECT DISTINCT ON (m.point_code, m.serial_no) m.* FROM told_meter AS m "
        "ORDER BY m.point_code, m.serial_no, m.installed_on DESC NULLS LAST) AS t "
        "INNER JOIN told_metering_point AS p ON p.point_code = t.point_code"
    ),
}
# Per kind: the rows, and the blocks as (name, expression); rows with a NULL there are in no block.
_KINDS: Final = {
    "person": (
        "account",
        (
            ("tax", "CASE WHEN length(r.tax_number) >= 6 THEN r.tax_number END"),
            ("passport", "CASE WHEN length(r.passport_number) >= 6 THEN r.passport_number END"),
            ("phone", "CASE WHEN length(r.phone) >= 6 THEN r.phone END"),
            ("name", "CASE WHEN r.folded_name <> '' THEN concat_ws('|', r.res_code, r.folded_name) END"),
            ("address", "r.address"),
        ),
    ),
    "premises": ("account", (("address", "r.address"),)),
    "meter": ("meter", (("serial", "CASE WHEN length(r.folded_serial) >= 4 THEN r.folded_serial END"),)),
}


def find_duplicates(session: psycopg.Connection, load_id: int) -> None:
    """Keep the pairs of a load that may be one, with score, evidence and what was charged to the second of them."""
    for rows in _ROWS:
        session.execute(f"CREATE TEMPORARY TABLE compared_{rows} ON COMMIT DROP AS {_ROWS[rows]}")
        session.execute(f"CREATE INDEX ON compared_{rows} (key)")
        session.execute(f"ANALYZE compared_{rows}")
    for kind in _KINDS:
        _find(session, load_id, kind)
    session.execute("DROP TABLE compared_account, compared_meter")
    session.execute(
        "UPDATE migration.duplicate AS d SET energy_kwh = c.energy_kwh, amount_minor = c.charge_minor FROM ("
        "SELECT k.duplicate_id, sum(t.energy_kwh) AS energy_kwh, sum(t.charge_minor)::bigint AS charge_minor "
        "FROM migration.duplicate AS k INNER JOIN migration.charge AS t ON t.load_id = k.load_id "
        "AND t.account_no = split_part(k.second_key, ' ', 1) AND NOT t.is_deleted AND t.bad_reason IS NULL "
        f"WHERE k.load_id = {load_id} GROUP BY k.duplicate_id) AS c WHERE d.duplicate_id = c.duplicate_id"
    )
    session.execute(
        "INSERT INTO migration.check_result (load_id, stage, level, entity, unit, measure, source_value, tolerance, "
        "status) SELECT d.load_id, 'verdict', 'row', CASE d.kind WHEN 'meter' THEN 'meter' ELSE 'account' END, '', "
        "'pairs that may be one ' || d.kind, count(*), 0, 'noted' FROM migration.duplicate AS d "
        f"WHERE d.load_id = {load_id} GROUP BY d.load_id, d.kind ORDER BY d.kind"
    )


def _find(session: psycopg.Connection, load_id: int, kind: str) -> None:
    rows, blocks = _KINDS[kind]
    block = " UNION ALL ".join(
        f"SELECT '{name}|' || ({expression}) AS block, r.key, r.load_id FROM compared_{rows} AS r "
        f"WHERE ({expression}) IS NOT NULL"
        for name, expression in blocks
    )
    session.execute(
        "CREATE TEMPORARY TABLE shared_block ON COMMIT DROP AS SELECT b.block, array_agg(b.key) AS keys, count(*) "
        "AS size "
        f"FROM ({block}) AS b GROUP BY b.block HAVING count(*) > 1 AND bool_or(b.load_id = {load_id})"
    )
    (crowded,) = session.execute("SELECT count(*) FROM shared_block WHERE size > %s", [BLOCK_MAX]).fetchone()
    if crowded:
        session.execute(
            "INSERT INTO migration.check_result (load_id, stage, level, entity, unit, measure, source_value, "
            "tolerance, "
            "status) VALUES (%s, 'verdict', 'row', %s, '', %s, %s, 0, 'noted')",
            [load_id, rows, f"numbers, names or addresses shared by more than {BLOCK_MAX}, not compared", crowded],
        )
    pairs = (
        "SELECT to_jsonb(a.*) AS first, to_jsonb(b.*) AS second FROM (SELECT DISTINCT x.key AS first_key, "
        "y.key AS second_key FROM shared_block AS s CROSS JOIN unnest(s.keys) AS x (key) "
        f"CROSS JOIN unnest(s.keys) AS y (key) WHERE s.size <= {BLOCK_MAX} AND x.key < y.key) AS p "
        f"INNER JOIN compared_{rows} AS a ON a.key = p.first_key INNER JOIN compared_{rows} AS b ON b.key = "
        "p.second_key "
        f"WHERE (a.load_id = {load_id} OR b.load_id = {load_id})"
        + (" AND a.point_code <> b.point_code" if rows == "meter" else "")
    )
    with (
        session.cursor(f"pairs_{kind}", row_factory=dict_row) as cursor,
        session.cursor() as writer,
    ):
        cursor.execute(pairs)
        while batch := cursor.fetchmany(_BATCH):
            listed = []
            for pair in batch:
                found = weigh(kind, pair["first"], pair["second"])
                if found.score >= LISTED_FROM[kind]:
                    keys = pair["first"]["key"], pair["second"]["key"]
                    listed.append((load_id, kind, *keys, found.score, found.evidence))
            writer.executemany(
                "INSERT INTO migration.duplicate (load_id, kind, first_key, second_key, score, evidence) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                listed,
            )
    session.execute("DROP TABLE shared_block")
