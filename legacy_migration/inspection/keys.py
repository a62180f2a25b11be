"""Which columns tell the rows apart? Single columns and pairs, with the rows that break them.

Belongs here: candidate keys, rows that stand twice. Does not belong here: relations between files (`relations`).
"""

# ruff: noqa: S608 - names of tables and columns are our own: c0, c1 ...

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from legacy_migration.inspection.facts import fact_data
from legacy_migration.inspection.findings import ColumnFinding, Doubt, KeyFinding
from legacy_migration.inspection.rows_in_duckdb import Rows

BREAKING_SHARE_MAX: Final = 0.05
FILLED_MIN: Final = 0.9
COLUMNS_IN_PAIRS_MAX: Final = 9
KEYS_MAX: Final = 4
KEY_KINDS: Final = frozenset({"whole number", "account-like", "text", "code", "date", "month"})


def keys_of(rows: Rows, columns: Sequence[ColumnFinding], *, has_units: bool) -> tuple[KeyFinding, ...]:
    """Keys that hold but for a few rows, the best first; within a RES where they do not hold for all of them."""
    if not rows.columns:
        return ()
    measures = fact_data()["measures"]
    usable = [
        column
        for column in columns
        if column.kind in KEY_KINDS and column.filled_share >= FILLED_MIN and column.concept not in measures
    ]
    times = fact_data()["times"]
    single = [column for column in usable if column.kind not in ("date", "month") and column.concept not in times]
    found = [key for column in single for key in _tested(rows, (column.name,), has_units=has_units)]
    named = {key.columns[0] for key in found}
    others = sorted((c for c in usable if c.name not in named), key=lambda c: -c.distinct_count)
    if not any(key.breaking_count == 0 and not key.only_in for key in found):
        for a, b in combinations(others[:COLUMNS_IN_PAIRS_MAX], 2):
            found += _tested(rows, (a.name, b.name), has_units=has_units)
    order = {column.name: number for number, column in enumerate(columns)}
    ordered = [replace(key, columns=tuple(sorted(key.columns, key=lambda name: order[name]))) for key in found]
    ordered.sort(key=lambda key: (key.breaking_count + key.blank_count, len(key.columns), order[key.columns[0]]))
    return tuple(ordered[:KEYS_MAX])


def _tested(rows: Rows, names: tuple[str, ...], *, has_units: bool) -> list[KeyFinding]:
    """The key of these columns, over the files that have them; nothing when too many rows break it."""
    having = frozenset.intersection(*(rows.having[name] for name in names))
    if not having:
        return []
    cells = [rows.name_of(name) for name in names]
    blank = " OR ".join(f"{cell} IS NULL" for cell in cells)
    of_files = f"file_no IN ({', '.join(map(str, sorted(having)))})"
    is_everywhere = len(having) == len(rows.files)
    only_in = () if is_everywhere else tuple(dict.fromkeys(rows.units[number] for number in sorted(having)))
    for within_unit in (False, True) if has_units else (False,):
        group = ", ".join(["unit", *cells] if within_unit else cells)
        ((breaking, blanks, count),) = rows.ask(
            "SELECT coalesce(sum(n - 1) FILTER (NOT is_blank), 0), coalesce(sum(n) FILTER (is_blank), 0), "
            f"coalesce(sum(n), 0) FROM (SELECT count(*) AS n, bool_or({blank}) AS is_blank FROM {rows.table} "
            f"WHERE {of_files} GROUP BY {group})"
        )
        allowed = max(count * BREAKING_SHARE_MAX, min(2, count // 4))
        if count > 1 and breaking + blanks <= allowed:
            return [KeyFinding(names, int(breaking), int(blanks), within_unit, only_in)]
    return []


def repeated_rows(rows: Rows) -> list[Doubt]:
    """Rows that equal another one in every cell."""
    if not rows.columns:
        return []
    cells = ", ".join(rows.name_of(name) for name in rows.columns)
    ((count,),) = rows.ask(
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {rows.table} GROUP BY file_no, {cells})"
    )
    if not count:
        return []
    ((file_no, row_no),) = rows.ask(
        f"SELECT file_no, row_no FROM {rows.table} QUALIFY row_number() OVER "
        f"(PARTITION BY file_no, {cells} ORDER BY row_no) = 2 ORDER BY 1, 2 LIMIT 1"
    )
    sentence = f"rows that equal another in every cell: {int(count)}; the first {rows.files[file_no]}, row {row_no}."
    return [Doubt("REPEATED_ROWS", sentence, int(count))]
