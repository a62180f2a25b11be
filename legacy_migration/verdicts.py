"""What becomes of each row? Verdicts by rules that hold for every kind of fact, then by those of readings and meters.

Belongs here: the order of judging and the rules made from `entities`; special rules stand in `verdict_rules/*.sql`.
Does not belong here: reading cells (`typed_rows`), comparing sums (`checks`).

A rule inserts the rows that do not stand; the first rule that names a row wins. What no rule named is loaded.
"""

# ruff: noqa: S608 - names come from `entities` and checked profiles, values are quoted by `literal` or are our own nu

from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.canonical_rules import RULES, Rule
from legacy_migration.entities import ENTITIES, Entity, Parent
from legacy_migration.marked_yaml import MarkedMapping
from legacy_migration.profile import FieldRule, Profile
from legacy_migration.rejects.family import corrected_load
from legacy_migration.rejects.judging import name_loaded_before, name_repeated_in_book, stake
from legacy_migration.typed_rows import ChosenField

RULES_DIR: Final = Path(__file__).parent / "verdict_rules"
SAMPLE_OF_STATISTICS: Final = 10
"""Rows of a sample in 300; to tell big tables from small ones more takes time and tells nothing."""


def standing(entity: str) -> str:
    """Name of the view of rows that no rule has named so far."""
    return f"standing_{entity}"


def create_standing_views(session: psycopg.Connection, load_id: int) -> None:
    """Views of this session: the rows of the load that are (still) loaded."""
    for entity in ENTITIES.values():
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {standing(entity.name)} AS SELECT t.* FROM migration.{entity.name} AS t "
            f"WHERE t.load_id = {load_id} AND NOT EXISTS (SELECT 1 FROM migration.verdict AS d WHERE "
            f"d.load_id = {load_id} AND d.entity = '{entity.name}' AND d.file_id = t.file_id AND d.row_no = t.row_no "
            "AND d.part_no = t.part_no)"
        )


def judge(session: psycopg.Connection, load_id: int, profile: Profile) -> None:
    """Give every row of the load its verdict."""
    joined = {rule.entity for file in profile.files for rule in file.rows if rule.joins_repeats}
    came_back = corrected_load(session, load_id) is not None
    for entity in ENTITIES.values():
        _unreadable(session, load_id, entity)
        if came_back:
            name_loaded_before(session, load_id, entity, _insert(entity, load_id, ""))
        for parent in entity.parents:
            _fallen_with_parent(session, load_id, entity, parent)
        if came_back:
            name_repeated_in_book(
                session,
                entity,
                _insert(entity, load_id, ""),
                merged=_merged_as(entity, is_joined=entity.name in joined),
                is_joined=entity.name in joined,
            )
        if entity.key:
            _repeated(session, load_id, entity, is_joined=entity.name in joined)
        rules = RULES_DIR / f"{entity.name}.sql"
        if rules.is_file():
            session.execute(rules.read_text(encoding="utf-8").replace(":load_id", str(load_id)))
        refresh_statistics(session, "verdict")
    _name_columns(session, load_id, profile)
    _write_sentences(session, load_id)


def refresh_statistics(session: psycopg.Connection, *tables: str) -> None:
    """Freshly filled tables have no statistics, and without them joins of big tables become loops."""
    session.execute("SET LOCAL ROLE wattbook_owner")
    session.execute(f"SET LOCAL default_statistics_target = {SAMPLE_OF_STATISTICS}")
    for table in tables:
        session.execute(f"ANALYZE migration.{table}")
    session.execute("SET LOCAL default_statistics_target TO DEFAULT")
    session.execute("SET LOCAL ROLE wattbook_loader")


def _insert(entity: Entity, load_id: int, selected: str) -> str:
    return (
        "INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, "
        f"legacy_key, other_file_id, other_row_no, energy_kwh, amount_minor) SELECT {load_id}, '{entity.name}', "
        f"t.file_id, t.row_no, t.part_no, {selected}"
    )


def _unreadable(session: psycopg.Connection, load_id: int, entity: Entity) -> None:
    """Rows flagged deleted do not count; rows with a bad cell are rejected for the first one."""
    session.execute(
        _insert(
            entity,
            load_id,
            "CASE WHEN t.is_deleted THEN 'out_of_scope' ELSE 'rejected' END, "
            "CASE WHEN t.is_deleted THEN 'ROW_DELETED' ELSE t.bad_reason END, t.bad_field, "
            f"t.bad_value, {entity.shown_key_sql}, NULL, NULL, {stake(entity)} FROM migration.{entity.name} AS t "
            f"WHERE t.load_id = {load_id} AND (t.is_deleted OR t.bad_reason IS NOT NULL)",
        )
    )


def _fallen_with_parent(session: psycopg.Connection, load_id: int, entity: Entity, parent: Parent) -> None:
    """A row whose account, unit or meter is not loaded cannot be loaded either."""
    found = [
        f"SELECT p.{reference.split('.')[1]} AS code FROM told_{reference.split('.')[0]} AS p "
        f"WHERE p.{reference.split('.')[1]} IS NOT NULL"
        for reference in parent.standing
    ]
    if parent.also_in:
        found.append(parent.also_in)
    told = " UNION ALL ".join(
        f"SELECT p.{reference.split('.')[1]} AS code FROM migration.{reference.split('.')[0]} AS p "
        f"WHERE p.load_id = {load_id} AND NOT p.is_deleted"
        for reference in parent.standing
    )
    reason = f"'{parent.reason}'"
    if parent.reason == "NO_ACCOUNT":
        reason = f"CASE WHEN t.{parent.column} IN ({told}) THEN 'ACCOUNT_REJECTED' ELSE 'NO_ACCOUNT' END"
    optional = f"AND t.{parent.column} IS NOT NULL " if parent.is_optional else ""
    session.execute(
        _insert(
            entity,
            load_id,
            f"'rejected', {reason}, '{parent.column}', t.{parent.column}, {entity.shown_key_sql}, NULL, NULL, "
            f"{stake(entity)} FROM {standing(entity.name)} AS t "
            f"WHERE NOT EXISTS (SELECT 1 FROM ({' UNION ALL '.join(found)}) AS p WHERE p.code = t.{parent.column}) "
            f"{optional}",
        )
    )


def _repeated(session: psycopg.Connection, load_id: int, entity: Entity, *, is_joined: bool) -> None:
    """Rows with one key: equal ones are merged into the first; those that contradict each other are all rejected."""
    keys = ", ".join(f"t.{column}" for column in entity.key)
    facts = "ROW(" + ", ".join(f"t.{column}" for column in entity.fields) + ")::text"
    if entity.name == "reading":  # the same value of the same day, told twice in two ways
        facts = "''"
    merged = _merged_as(entity, is_joined=is_joined)
    differs = "false" if is_joined else "w.is_contradicted"
    order = "t.is_opening DESC, " if entity.name == "reading" else ""
    session.execute(
        "CREATE TEMPORARY TABLE repeated_row ON COMMIT DROP AS "
        f"SELECT t.file_id, t.row_no, t.part_no, {keys}, {facts} AS facts, "
        f"row_number() OVER (PARTITION BY {keys} ORDER BY {order}t.file_id, t.row_no, t.part_no) AS place "
        f"FROM {standing(entity.name)} AS t WHERE ({keys}) IN "
        f"(SELECT {keys} FROM {standing(entity.name)} AS t GROUP BY {keys} HAVING count(*) > 1)"
    )
    same_key = " AND ".join(f"o.{column} = w.{column}" for column in entity.key)
    session.execute(
        _insert(
            entity,
            load_id,
            f"CASE WHEN {differs} THEN 'rejected' ELSE 'merged' END, "
            f"CASE WHEN {differs} THEN '{entity.repeat_reason}' ELSE {merged} END, NULL, NULL, {entity.shown_key_sql}, "
            f"w.other_file_id, w.other_row_no, {stake(entity)} FROM ("
            "SELECT w.*, o.file_id AS other_file_id, o.row_no AS other_row_no, EXISTS ("
            f"SELECT 1 FROM repeated_row AS o WHERE {same_key} AND o.facts <> w.facts) AS is_contradicted "
            f"FROM repeated_row AS w INNER JOIN repeated_row AS o ON {same_key} "
            "AND o.place = CASE WHEN w.place = 1 THEN 2 ELSE 1 END) AS w "
            f"INNER JOIN migration.{entity.name} AS t ON t.load_id = {load_id} AND t.file_id = w.file_id "
            "AND t.row_no = w.row_no AND t.part_no = w.part_no "
            f"WHERE {differs} OR w.place > 1",
        )
    )
    session.execute("DROP TABLE repeated_row")


def _merged_as(entity: Entity, *, is_joined: bool) -> str:
    """Why an equal row is merged, as a literal."""
    return "'JOINED'" if is_joined else "'SENT_TWICE'" if entity.name == "payment" else "'EXACT_REPEAT'"


def _name_columns(session: psycopg.Connection, load_id: int, profile: Profile) -> None:
    """Rules know canonical fields; people know the columns of their files."""
    for file in profile.files:
        for rows in file.rows:
            for field in rows.fields:
                columns = "/".join(ChosenField(field.name, *_rule_of(field)).columns)
                if columns and not rows.months:
                    for table in ("verdict", "remark"):
                        session.execute(
                            f"UPDATE migration.{table} AS d SET field = %(column)s FROM landing.file AS f "
                            "WHERE d.load_id = %(load_id)s AND d.entity = %(entity)s AND d.field = %(field)s "
                            "AND f.file_id = d.file_id AND f.described_as = %(file)s",
                            {
                                "column": columns, "load_id": load_id, "entity": rows.entity, "field": field.name,
                                "file": file.name,
                            },
                        )  # fmt: skip


def _rule_of(field: FieldRule) -> tuple[Rule, MarkedMapping]:
    body = field.alternatives[0]
    return next(rule for name, rule in RULES.items() if name in body), body


def _write_sentences(session: psycopg.Connection, load_id: int) -> None:
    """Fill in the sentence of each reason with file, row, field, value, key and the other row."""
    for table in ("verdict", "remark"):
        session.execute(
            f"UPDATE migration.{table} AS d SET sentence = "
            "replace(replace(replace(replace(replace(replace(n.sentence, '{file}', f.path), '{row}', d.row_no::text), "
            "'{field}', coalesce(d.field, '')), '{value}', coalesce(d.value, '')), '{key}', "
            "coalesce(d.legacy_key, '')), "
            "'{other}', coalesce(o.path || ', row ' || d.other_row_no, '')) "
            f"FROM migration.{table} AS k "
            "INNER JOIN migration.reason AS n ON n.reason_code = k.reason_code "
            "INNER JOIN landing.file AS f ON f.file_id = k.file_id "
            "LEFT JOIN landing.file AS o ON o.file_id = k.other_file_id "
            f"WHERE k.load_id = {load_id} AND d.ctid = k.ctid"
        )
