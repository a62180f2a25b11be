"""Which column points into which file? Distinct values of one that are found in a key of another.

Belongs here: inclusion as it stands, without leading zeros, without a prefix, glued from two columns; orphans.
Does not belong here: single columns (`columns`), keys (`keys`).
"""

# ruff: noqa: S608 - names of tables and columns are our own: d0.c1 ...

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
from rapidfuzz import fuzz

from legacy_migration.inspection.facts import fact_data, facts_of
from legacy_migration.inspection.findings import Description, RelationFinding
from legacy_migration.inspection.keys import KEY_KINDS
from legacy_migration.inspection.rows_in_duckdb import Rows

MATCHED_MIN: Final = 0.6
DISTINCT_MIN: Final = 3
PLAIN_LENGTH: Final = 3
"""Numbers as short as this are found in every column that counts from 1."""
NAMES_ALIKE_MIN: Final = 80
ORPHANS_SHOWN: Final = 3
GENERIC: Final = frozenset({"", "code", "name", "list"})
"""Concepts that say nothing of what a code is for."""
PREFIX_MATCHED_MIN: Final = 0.9
PREFIX: Final = "without its prefix"
HOW: Final[Mapping[str, str]] = {
    "as it stands": "v",
    "without leading zeros": r"regexp_replace(v, '(^|[/\\-])0+([0-9])', '\1\2', 'g')",
    PREFIX: r"regexp_replace(regexp_replace(v, '^[^0-9]+', ''), '^0+([0-9])', '\1')",
}
UNRELATED_KINDS: Final = frozenset({"date", "month"})


@dataclass(frozen=True)
class _Column:
    """A column, or two glued by a stroke, whose values stand in the table `value` under a number."""

    number: int
    description: int
    names: tuple[str, ...]
    concept: str
    is_key: bool
    within_unit: bool
    row_count: int


def relations_of(
    session: duckdb.DuckDBPyConnection, descriptions: Sequence[Description], rows: Sequence[Rows]
) -> tuple[RelationFinding, ...]:
    """For each column the best keys that its values are found in."""
    columns = _put_values(session, descriptions, rows)
    best: dict[tuple[int, int], tuple[int, str]] = {}
    for how, expression in HOW.items():
        session.execute(
            f"CREATE OR REPLACE TEMP TABLE spelled AS SELECT DISTINCT number, unit, {expression} AS v FROM value"
        )
        for a, b, matched in session.execute(
            "SELECT a.number, b.number, "
            "count(DISTINCT a.v || chr(0) || CASE WHEN k.within_unit THEN a.unit ELSE '' END) "
            "FROM spelled AS a INNER JOIN spelled AS b ON b.v = a.v AND b.number <> a.number "
            "INNER JOIN key_column AS k ON k.number = b.number "
            "WHERE a.v <> '' AND (NOT k.within_unit OR a.unit = b.unit OR a.unit = '') GROUP BY 1, 2"
        ).fetchall():
            # A weaker spelling must find clearly more than the one before.
            if matched > 1.1 * best.get((a, b), (0, ""))[0]:
                best[a, b] = (matched, how)
    homes = fact_data()["homes"]
    entities = [{fact.entity for fact in facts_of(description)} for description in descriptions]
    found: dict[int, list[tuple[float, RelationFinding]]] = defaultdict(list)
    for (a, b), (matched, how) in best.items():
        own, key = columns[a], columns[b]
        is_glued = how == PREFIX and len(own.names) + len(key.names) > 2
        if own.description == key.description or matched < DISTINCT_MIN or is_glued:
            continue
        relation = _relation(session, own, key, matched, how, descriptions)
        alike = own.concept == key.concept != "" or _alike(own.names, key.names)
        is_other = not {own.concept, key.concept} & GENERIC and own.concept != key.concept
        least = PREFIX_MATCHED_MIN if how == PREFIX else MATCHED_MIN
        is_chance = not alike and _length(session, own, how) <= PLAIN_LENGTH
        if relation.matched_share < least or (is_other and how != "as it stands") or is_chance:
            continue
        if relation.orphan_rows > own.row_count / 2:
            continue
        # What two tables have in common is looked up where it is at home, else in the table that says most of it.
        is_home = key.concept in homes and homes[key.concept] in entities[key.description]
        weight = relation.matched_share + 0.1 * alike + 0.5 * is_home
        weight += 0.001 * len(descriptions[key.description].columns)
        found[a].append((weight, relation))
    chosen = [max(some, key=lambda weighed: weighed[0]) for some in found.values()]
    return tuple(_one_way(chosen))


def _length(session: duckdb.DuckDBPyConnection, column: _Column, how: str) -> int:
    """Letters of the longest value, spelled as it was found."""
    query = f"SELECT coalesce(max(length({HOW[how]})), 0) FROM value WHERE number = {column.number}"
    return session.execute(query).fetchone()[0]


def _alike(names: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return fuzz.ratio("/".join(names).upper(), "/".join(others).upper()) >= NAMES_ALIKE_MIN


def _put_values(
    session: duckdb.DuckDBPyConnection, descriptions: Sequence[Description], rows: Sequence[Rows]
) -> list[_Column]:
    session.execute("CREATE OR REPLACE TEMP TABLE value (number INTEGER, unit VARCHAR, v VARCHAR, n BIGINT)")
    columns: list[_Column] = []
    pairs = {
        key.columns
        for description in descriptions
        for key in description.keys
        if len(key.columns) == 2
        and all(description.column(name).distinct_count >= DISTINCT_MIN for name in key.columns)
    }
    for place, description in enumerate(descriptions):
        keys = {key.columns: key.within_unit for key in description.keys}
        own = [
            (column.name,)
            for column in description.columns
            if column.kind in KEY_KINDS - UNRELATED_KINDS
            and column.distinct_count >= DISTINCT_MIN
            and column.concept not in (*fact_data()["measures"], *fact_data()["times"])
        ]
        names = {column.name for column in description.columns if column.kind not in UNRELATED_KINDS}
        own += [pair for pair in pairs if set(pair) <= names]
        for wanted in own:
            cells = " || '/' || ".join(rows[place].name_of(name) for name in wanted)
            number = len(columns)
            # A sender is no RES: only within one of those do numbers repeat.
            unit = "unit" if description.placeholder == "res" else "''"
            session.execute(
                f"INSERT INTO value SELECT {number}, {unit} AS u, {cells} AS v, count(*) FROM {rows[place].table} "
                "WHERE v IS NOT NULL GROUP BY 2, 3"
            )
            concept = description.column(wanted[0]).concept if len(wanted) == 1 else "account"
            ((row_count,),) = session.execute(
                f"SELECT coalesce(sum(n), 0) FROM value WHERE number = {number}"
            ).fetchall()
            columns.append(
                _Column(number, place, wanted, concept, wanted in keys, keys.get(wanted, False), int(row_count))
            )
    session.execute("CREATE OR REPLACE TEMP TABLE key_column (number INTEGER, within_unit BOOLEAN)")
    for column in columns:
        if column.is_key:
            session.execute(f"INSERT INTO key_column VALUES ({column.number}, {column.within_unit})")
    return columns


def _relation(
    session: duckdb.DuckDBPyConnection,
    own: _Column,
    key: _Column,
    matched: int,
    how: str,
    descriptions: Sequence[Description],
) -> RelationFinding:
    spelled = HOW[how]
    same_unit = "AND (b.unit = a.unit OR a.unit = '')" if key.within_unit else ""
    orphans = (
        f"FROM (SELECT unit, v AS shown, {spelled} AS v, n FROM value WHERE number = {own.number}) AS a "
        f"WHERE NOT EXISTS (SELECT 1 FROM (SELECT unit, {spelled} AS v FROM value WHERE number = {key.number}) AS b "
        f"WHERE b.v = a.v {same_unit})"
    )
    ((orphan_rows,),) = session.execute(f"SELECT coalesce(sum(a.n), 0) {orphans}").fetchall()
    shown = session.execute(f"SELECT a.shown {orphans} ORDER BY a.n DESC, 1 LIMIT {ORPHANS_SHOWN}").fetchall()
    by_unit = "v || chr(0) || unit" if key.within_unit else "v"
    ((distinct,),) = session.execute(
        f"SELECT count(DISTINCT {by_unit}) FROM (SELECT {spelled} AS v, unit FROM value WHERE number = {own.number})"
    ).fetchall()
    return RelationFinding(
        descriptions[own.description].name, own.names, descriptions[key.description].name, key.names, distinct,
        min(matched, distinct), int(orphan_rows), how, tuple(v for (v,) in shown),
    )  # fmt: skip


def _one_way(weighed: Sequence[tuple[float, RelationFinding]]) -> list[RelationFinding]:
    """Of two keys that are found in each other, the direction that says more."""
    by_ends = {(r.of_file, r.columns, r.in_file, r.key): weight for weight, r in weighed}
    kept = [r for weight, r in weighed if by_ends.get((r.in_file, r.key, r.of_file, r.columns), 0.0) <= weight]
    return sorted(kept, key=lambda r: (r.of_file, r.columns, -r.matched_share))
